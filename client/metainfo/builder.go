package metainfo

import (
	"fmt"
	"slices"
	"time"

	"github.com/anacrolix/torrent/bencode"
)

// Bounds of ChoosePieceLength. A piece below a block gains nothing; large ones make a peer wait long for the first it
// can share.
const (
	minChosenPiece = 16 << 10
	maxChosenPiece = 16 << 20
	chosenPieces   = 2000 // at most, where the bounds allow: 40 kB of hashes
)

// ChoosePieceLength returns a fitting piece length for a total size, both in bytes: the least power of two from 16 KiB
// to 16 MiB which makes no more than 2000 pieces, hence usually more than 1000.
func ChoosePieceLength(total int64) int64 {
	n := int64(minChosenPiece)
	for n < maxChosenPiece && total/chosenPieces >= n {
		n *= 2
	}
	return n
}

// Builder makes a .torrent file. The content is hashed elsewhere.
type Builder struct {
	Name        string      // of the file, or of the directory
	Files       []BuildFile // in the order of the content
	Single      bool        // one file called Name, whose Path is not used, and no directory
	PieceLength int64       // bytes
	Private     bool
	Trackers    [][]string // tiers of announce URLs
	Comment     string
	CreatedBy   string
	Created     time.Time // zero: is left out
}

// BuildFile is a file of the torrent to be.
type BuildFile struct {
	Path   []string // below the directory Name
	Length int64    // bytes
	Pad    bool     // padding (BEP 47): its content is zeros
}

// Encode returns the .torrent file, in canonical bencoding: the same Builder always gives the same bytes. There must be
// a hash for every piece.
//
// What it returns was accepted by Parse, whose limits so apply; other errors are those of Parse. Names which are not
// portable are written as they are: to know under which names downloaders will store the files, see the Notes of Parse.
func (b *Builder) Encode(pieceHashes []Hash) ([]byte, error) {
	if b.Single && len(b.Files) != 1 {
		return nil, fmt.Errorf("metainfo: build: a single-file torrent with %d files", len(b.Files))
	}
	top := map[string]any{"info": b.info(pieceHashes)}
	b.putTrackers(top)
	if b.Comment != "" {
		top["comment"] = b.Comment
	}
	if b.CreatedBy != "" {
		top["created by"] = b.CreatedBy
	}
	if !b.Created.IsZero() {
		top["creation date"] = b.Created.Unix()
	}
	// The library writes maps with their keys sorted as raw strings.
	out, err := bencode.Marshal(top)
	if err != nil {
		return nil, fmt.Errorf("metainfo: build: %w", err)
	}
	if _, err := Parse(out); err != nil {
		return nil, err
	}
	return out, nil
}

func (b *Builder) info(pieceHashes []Hash) map[string]any {
	hashes := make([]byte, 0, len(pieceHashes)*len(Hash{}))
	for _, h := range pieceHashes {
		hashes = append(hashes, h[:]...)
	}
	info := map[string]any{"name": b.Name, "piece length": b.PieceLength, "pieces": hashes}
	if b.Private {
		info["private"] = 1
	}
	if b.Single {
		info["length"] = b.Files[0].Length
		return info
	}
	files := make([]map[string]any, len(b.Files))
	for i, f := range b.Files {
		files[i] = map[string]any{"length": f.Length, "path": f.Path}
		if f.Pad {
			files[i]["attr"] = "p"
		}
	}
	info["files"] = files
	return info
}

// putTrackers writes the first tracker as announce for those who do not know BEP 12, and all as announce-list if there
// are several.
func (b *Builder) putTrackers(top map[string]any) {
	all := slices.Concat(b.Trackers...)
	if len(all) > 0 {
		top["announce"] = all[0]
	}
	if len(all) > 1 {
		top["announce-list"] = slices.DeleteFunc(slices.Clone(b.Trackers), func(tier []string) bool { return len(tier) == 0 })
	}
}
