package metainfo

import (
	"encoding/hex"
	"fmt"
	"sort"
	"time"
)

// Hash is a SHA-1 sum: of a piece, or the info-hash which names a torrent.
type Hash [20]byte

// String returns the 40 hexadecimal digits in lower case.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MetaInfo is all we use of a .torrent file.
type MetaInfo struct {
	Info      Info
	InfoHash  Hash       // SHA-1 of InfoBytes
	InfoBytes []byte     // the info dictionary exactly as in the file, to be given to peers who ask for it
	Trackers  [][]string // tiers of announce URLs as in BEP 12, none of them empty
	Comment   string     // valid UTF-8, but made by strangers: quote it before it reaches a terminal
	CreatedBy string     // as Comment
	Created   time.Time  // UTC; zero when the torrent does not say

	// Notes are remarks for people: renamed files, ignored fields, oddities. At most 101.
	Notes []string
}

// Info describes the content: what is shared by all who have the same info-hash.
type Info struct {
	Name        string // of the file, or of the directory which holds the files; safe as a file name
	PieceLength int64  // bytes of every piece but the last
	Length      int64  // bytes of all files
	Files       []File // in the order of the content, at least one
	Private     bool   // BEP 27: peers come from the trackers only
	Multi       bool   // Files lie in the directory Name
	hashes      []byte // 20 bytes for each piece
}

// File is one file of a torrent.
type File struct {
	// Path lies below the directory Info.Name, or is [Name] when the torrent is a single file. It is safe on every
	// system, and unique among the files which are not pads, also where case does not count.
	Path   []string
	Length int64 // bytes
	Offset int64 // of its first byte in the content

	// Pad: these are zeros to align the next file. BEP 47: "Clients aware of this extension don't need to write the
	// padding files to disk and should also avoid requesting byte-ranges covering their contents", but "must service
	// such requests".
	Pad bool
}

// NumPieces returns the number of pieces; it is 0 when all files are empty.
func (i *Info) NumPieces() int { return len(i.hashes) / len(Hash{}) }

// PieceSize returns the bytes of piece p: PieceLength, but the rest for the last. It panics when there is no piece p.
func (i *Info) PieceSize(p int) int64 {
	i.mustHavePiece(p)
	return min(i.PieceLength, i.Length-int64(p)*i.PieceLength)
}

// PieceHash returns the SHA-1 of piece p. It panics when there is no piece p.
func (i *Info) PieceHash(p int) Hash {
	i.mustHavePiece(p)
	return Hash(i.hashes[p*len(Hash{}):][:len(Hash{})])
}

// FilesOf returns the first and the last file with bytes in piece p. Files between them may be empty. It panics when
// there is no piece p.
func (i *Info) FilesOf(p int) (first, last int) {
	begin := int64(p) * i.PieceLength
	return i.fileAt(begin), i.fileAt(begin + i.PieceSize(p) - 1)
}

// FilePieces returns the first and the last piece with bytes of file f; ok is false for an empty file, which has none.
// It panics when there is no file f.
func (i *Info) FilePieces(f int) (first, last int, ok bool) {
	file := &i.Files[f]
	if file.Length == 0 {
		return 0, 0, false
	}
	return int(file.Offset / i.PieceLength), int((file.Offset + file.Length - 1) / i.PieceLength), true
}

// fileAt returns the file which holds the byte at offset; ends never decrease, and an empty file never ends after it.
func (i *Info) fileAt(offset int64) int {
	return sort.Search(len(i.Files), func(f int) bool { return i.Files[f].Offset+i.Files[f].Length > offset })
}

func (i *Info) mustHavePiece(p int) {
	if p < 0 || p >= i.NumPieces() {
		panic(fmt.Sprintf("metainfo: piece %d out of range of %d", p, i.NumPieces()))
	}
}
