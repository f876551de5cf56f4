package metainfo

import (
	"crypto/sha1"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Parse reads a .torrent file. Nothing in the result shares memory with b. Every error is an ErrBencode or an
// ErrInvalid.
func Parse(b []byte) (*MetaInfo, error) {
	if len(b) > maxTorrent {
		return nil, invalid("", "the file has %d bytes, more than the limit of %d", len(b), maxTorrent)
	}
	end, disorder, err := scan(b)
	if err != nil {
		return nil, err
	}
	p := parser{}
	if rest := len(b) - end; rest > 0 {
		p.note("%d bytes after the end of the torrent are ignored", rest)
	}
	if disorder >= 0 {
		p.note("keys are not sorted or are repeated, first at byte %d; of repeated keys the last one counts", disorder)
	}
	return p.torrent(b[:end])
}

// parser collects notes on the way.
type parser struct {
	notes []string
	more  int // notes beyond maxNotes
}

func (p *parser) note(format string, args ...any) {
	if len(p.notes) == maxNotes {
		p.more++
		return
	}
	p.notes = append(p.notes, fmt.Sprintf(format, args...))
}

func (p *parser) torrent(raw []byte) (*MetaInfo, error) {
	top, err := value{raw: raw}.dict()
	if err != nil {
		return nil, err
	}
	rawInfo, err := top.must("info")
	if err != nil {
		return nil, err
	}
	info, err := p.info(rawInfo)
	if err != nil {
		return nil, err
	}
	m := &MetaInfo{
		Info: info,
		// BEP 3: "The info-hash must be the hash of the encoded form as found in the .torrent file […] clients must
		// either reject invalid metainfo files or extract the substring directly. They must not perform a
		// decode-encode roundtrip on invalid data."
		InfoHash:  sha1.Sum(rawInfo.raw),
		InfoBytes: rawInfo.raw,
		Comment:   p.remark(top, "comment"),
		CreatedBy: p.remark(top, "created by"),
		Created:   p.created(top),
	}
	if m.Trackers, err = p.trackers(top); err != nil {
		return nil, err
	}
	if p.more > 0 {
		p.notes = append(p.notes, fmt.Sprintf("and %d more remarks", p.more))
	}
	m.Notes = p.notes
	return m, nil
}

func (p *parser) info(v value) (Info, error) {
	d, err := v.dict()
	if err != nil {
		return Info{}, err
	}
	if err := refuseV2(d); err != nil {
		return Info{}, err
	}
	var i Info
	if i.Private, err = private(d); err != nil {
		return Info{}, err
	}
	if i.PieceLength, err = pieceLength(d); err != nil {
		return Info{}, err
	}
	if i.Name, err = p.name(d); err != nil {
		return Info{}, err
	}
	if err := p.content(&i, d); err != nil {
		return Info{}, err
	}
	i.hashes, err = pieces(d, i.Length, i.PieceLength)
	return i, err
}

// refuseV2 refuses torrents without a v1 half. BEP 52: v2 has "meta version" 2 and "file tree", and of "pieces" and
// "files" or "length" what a hybrid torrent keeps for v1.
func refuseV2(d dict) error {
	_, v1 := d.get("pieces")
	_, version := d.get("meta version")
	_, tree := d.get("file tree")
	if !v1 && (version || tree) {
		return invalid(d.field, "a BitTorrent v2 torrent, which is not supported: only v1 and hybrid torrents are")
	}
	return nil
}

// private reads BEP 27: "private=1".
func private(d dict) (bool, error) {
	v, ok := d.get("private")
	if !ok {
		return false, nil
	}
	// Of the wrong kind it is an error and not a guess: either guess betrays somebody.
	n, err := v.integer()
	return n == 1, err
}

func pieceLength(d dict) (int64, error) {
	v, err := d.must("piece length")
	if err != nil {
		return 0, err
	}
	n, err := v.integer()
	switch {
	case err != nil:
		return 0, err
	case n <= 0:
		return 0, invalid(v.field, "%d is not positive", n)
	case n > maxPieceLength:
		return 0, invalid(v.field, "%d bytes, more than the limit of %d", n, maxPieceLength)
	}
	return n, nil
}

func (p *parser) name(d dict) (string, error) {
	v, err := preferUTF8(d, "name")
	if err != nil {
		return "", err
	}
	name, err := v.text()
	if err != nil {
		return "", err
	}
	safe, wrong := safeName(name)
	if wrong != "" {
		return "", invalid(v.field, "%s", wrong)
	}
	if safe != name {
		p.note("%s: %s is stored as %s", v.field, quote(name), quote(safe))
	}
	return safe, nil
}

// content reads what is shared, which has two forms. BEP 3: "There is also a key length or a key files, but not both or
// neither. If length is present then the download represents a single file, otherwise it represents a set of files
// which go in a directory structure."
func (p *parser) content(i *Info, d dict) error {
	length, single := d.get("length")
	files, multi := d.get("files")
	switch {
	case single && multi:
		return invalid(d.field, "has both length and files")
	case single:
		n, err := size(length)
		i.Files, i.Length = []File{{Path: []string{i.Name}, Length: n}}, n
		return err
	case multi:
		i.Multi = true
		return p.files(i, files)
	default:
		return invalid(d.field, "has neither length nor files")
	}
}

// size reads the length of a file.
func size(v value) (int64, error) {
	n, err := v.integer()
	if err == nil && n < 0 {
		err = invalid(v.field, "%d is negative", n)
	}
	return n, err
}

// pieces reads the hashes. BEP 3: "pieces maps to a string whose length is a multiple of 20. It is to be subdivided into
// strings of length 20, each of which is the SHA1 hash of the piece at the corresponding index."
func pieces(d dict, length, pieceLength int64) ([]byte, error) {
	v, err := d.must("pieces")
	if err != nil {
		return nil, err
	}
	// The lengths alone say how many there must be; too many are refused before the string is looked at.
	want := length / pieceLength
	if length%pieceLength != 0 {
		want++
	}
	if want > maxPieces {
		return nil, invalid(d.field, "%d bytes in pieces of %d make %d pieces, more than the limit of %d",
			length, pieceLength, want, maxPieces)
	}
	hashes, err := v.text()
	if err != nil {
		return nil, err
	}
	if len(hashes)%len(Hash{}) != 0 {
		return nil, invalid(v.field, "%d bytes are not a multiple of %d", len(hashes), len(Hash{}))
	}
	if have := int64(len(hashes) / len(Hash{})); have != want {
		return nil, invalid(v.field, "%d hashes, but %d bytes in pieces of %d need %d", have, length, pieceLength, want)
	}
	return []byte(hashes), nil
}

// preferUTF8 returns key.utf-8 where it exists: old programs wrote key in the encoding of their system beside it.
func preferUTF8(d dict, key string) (value, error) {
	if v, ok := d.get(key + ".utf-8"); ok {
		return v, nil
	}
	return d.must(key)
}

// addSize adds a file's length to the total, which must not overflow.
func addSize(total, n int64, field string) (int64, error) {
	if n > math.MaxInt64-total {
		return 0, invalid(field, "the total size does not fit into 64 bits")
	}
	return total + n, nil
}

// trackers reads BEP 12: "If the client is compatible with the multitracker specification, and if the 'announce-list'
// key is present, the client will ignore the 'announce' key and only use the URLs in 'announce-list'." A list without
// any URL counts as absent.
func (p *parser) trackers(top dict) ([][]string, error) {
	var tiers [][]string
	if v, ok := top.get("announce-list"); ok {
		var err error
		if tiers, err = p.announceList(v); err != nil {
			return nil, err
		}
	}
	if len(tiers) > 0 {
		return tiers, nil
	}
	if v, ok := top.get("announce"); ok {
		if url, ok := p.tracker(v); ok {
			tiers = [][]string{{url}}
		}
	}
	return tiers, nil
}

func (p *parser) announceList(v value) ([][]string, error) {
	rawTiers, err := v.list(maxTrackers)
	if err != nil {
		return nil, err
	}
	var tiers [][]string
	count := 0
	for _, rawTier := range rawTiers {
		// Some programs forget the inner lists; what they mean is clear.
		urls := []value{rawTier}
		if rawTier.raw[0] == 'l' {
			if urls, err = rawTier.list(maxTrackers); err != nil {
				return nil, err
			}
		}
		if count += len(urls); count > maxTrackers {
			return nil, invalid(v.field, "more than %d trackers", maxTrackers)
		}
		var tier []string
		for _, v := range urls {
			if url, ok := p.tracker(v); ok && !slices.Contains(tier, url) {
				tier = append(tier, url)
			}
		}
		if len(tier) > 0 {
			tiers = append(tiers, tier)
		}
	}
	return tiers, nil
}

// tracker reads one announce URL. One that cannot be used is left out, since the others may serve; its scheme is for
// those who announce to judge.
func (p *parser) tracker(v value) (string, bool) {
	url, err := v.text()
	url = strings.TrimSpace(url)
	switch {
	case err != nil:
		p.note("%s is ignored: not a string", v.field)
	case len(url) > maxURL:
		p.note("%s is ignored: %d bytes are too long", v.field, len(url))
	case strings.ContainsFunc(url, isControl):
		p.note("%s is ignored: %s has control characters", v.field, quote(url))
	case url != "":
		return url, true
	}
	return "", false
}
