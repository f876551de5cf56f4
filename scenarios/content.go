package scenarios

import (
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"path"
	"slices"
	"strings"

	"bt/client/metainfo"
	"bt/simnet/simfs"
)

// contentStream tells the random bytes of contents from other uses of a seed.
const contentStream = 0x636f6e74656e74

// newTruth makes the torrent of a scenario, whose bytes follow from the seed.
func newTruth(s *Scenario, seed uint64) (*truth, error) {
	content := randomBytes(int64(s.Torrent.length()), seed)
	b := metainfo.Builder{Name: s.Name, Single: len(s.Torrent.Files) == 0, PieceLength: int64(s.Torrent.Piece), Private: s.Torrent.Private, Trackers: announceURLs(s)}
	if b.Single {
		b.Files = []metainfo.BuildFile{{Length: int64(s.Torrent.Size)}}
	}
	at := 0
	for _, f := range s.Torrent.Files {
		b.Files = append(b.Files, metainfo.BuildFile{Path: strings.Split(f.Path, "/"), Length: int64(f.Size), Pad: f.Pad})
		if f.Pad {
			clear(content[at : at+int(f.Size)])
		}
		at += int(f.Size)
	}
	var hashes []metainfo.Hash
	for piece := range slices.Chunk(content, int(s.Torrent.Piece)) {
		hashes = append(hashes, sha1.Sum(piece))
	}
	raw, err := b.Encode(hashes)
	if err != nil {
		return nil, err
	}
	meta, err := metainfo.Parse(raw)
	if err != nil {
		return nil, err
	}
	return &truth{meta: meta, content: content, sums: newKnownSums(content, int(s.Torrent.Piece), hashes)}, nil
}

func randomBytes(n int64, seed uint64) []byte {
	rng := rand.NewPCG(seed, contentStream)
	b := make([]byte, n+8)
	for i := int64(0); i < n; i += 8 {
		binary.LittleEndian.PutUint64(b[i:], rng.Uint64())
	}
	return b[:n:n]
}

// announceURLs returns the tiers of the scenario's trackers.
func announceURLs(s *Scenario) (tiers [][]string) {
	for i, t := range s.trackers() {
		for len(tiers) <= t.Tier {
			tiers = append(tiers, nil)
		}
		tiers[t.Tier] = append(tiers[t.Tier], announceURL(s, i))
	}
	return slices.DeleteFunc(tiers, func(t []string) bool { return len(t) == 0 })
}

// announceURL is that of the scenario's i-th tracker.
func announceURL(s *Scenario, i int) string {
	scheme := "http"
	if s.trackers()[i].UDP {
		scheme = "udp"
	}
	host := netip.AddrPortFrom(trackerAddr(s, i), trackerPort).String()
	if name := s.trackers()[i].Host; name != "" {
		host = fmt.Sprintf("%s:%d", name, trackerPort)
	}
	return fmt.Sprintf("%s://%s/announce", scheme, host)
}

// downloadDir is where every client has its files.
const downloadDir = "/downloads"

// filePath is where file i of the torrent belongs.
func (t *truth) filePath(i int) string {
	info := &t.meta.Info
	parts := []string{downloadDir}
	if info.Multi {
		parts = append(parts, info.Name)
	}
	return path.Join(append(parts, info.Files[i].Path...)...)
}

// bytesOf is what file i should hold.
func (t *truth) bytesOf(i int) []byte {
	f := &t.meta.Info.Files[i]
	return t.content[f.Offset : f.Offset+f.Length : f.Offset+f.Length]
}

// contents makes what simfs keeps once for all hosts.
func (t *truth) contents() []*simfs.Content {
	list := make([]*simfs.Content, len(t.meta.Info.Files))
	for i := range list {
		list[i] = simfs.NewContent(t.bytesOf(i))
	}
	return list
}

// fileIndex finds the file with a path of the scenario, which must exist; "" is
// the first, or only one.
func (t *truth) fileIndex(file string) int {
	if file == "" {
		return 0
	}
	return slices.IndexFunc(t.meta.Info.Files, func(f metainfo.File) bool { return path.Join(f.Path...) == file })
}
