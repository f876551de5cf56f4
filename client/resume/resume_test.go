package resume

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"bt/client/bitfield"
	"bt/client/metainfo"

	"github.com/google/go-cmp/cmp"
)

var saved = time.Date(2026, 7, 2, 1, 2, 3, 4, time.UTC)

// pad marks a size given to torrentOf as that of a pad file.
const pad = 1 << 40

// torrentOf returns a torrent of files with these sizes.
func torrentOf(pieceLength int64, sizes ...int64) *metainfo.MetaInfo {
	b := metainfo.Builder{Name: "content", PieceLength: pieceLength}
	total := int64(0)
	for i, size := range sizes {
		b.Files = append(b.Files, metainfo.BuildFile{Path: []string{fmt.Sprintf("%03d", i)}, Length: size &^ pad})
		total += size &^ pad
	}
	file, err := b.Encode(make([]metainfo.Hash, (total+pieceLength-1)/pieceLength))
	if err != nil {
		panic(err)
	}
	m, err := metainfo.Parse(file)
	if err != nil {
		panic(err)
	}
	for i, size := range sizes {
		m.Info.Files[i].Pad = size&pad != 0
	}
	return m
}

// bits returns a bitfield of n with some set.
func bits(n int, set ...int) bitfield.Bitfield {
	b := bitfield.New(n)
	for _, i := range set {
		b.Set(i)
	}
	return b
}

func list(b bitfield.Bitfield) []int {
	set := []int{}
	for i := b.Next(0); i >= 0; i = b.Next(i + 1) {
		set = append(set, i)
	}
	return set
}

// sameState compares states by value.
var sameState = cmp.Options{
	cmp.Comparer(func(a, b bitfield.Bitfield) bool { return a.Len() == b.Len() && string(a.Bytes()) == string(b.Bytes()) }),
	cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }),
}

func wholeState() State {
	return State{
		InfoHash: metainfo.Hash{1, 2, 3}, Name: "Größe.iso",
		Pieces: bits(11, 0, 1, 5, 10), Suspect: bits(11, 1, 7),
		Files: []FileStamp{
			{Size: 300, ModTime: time.Date(2300, 1, 1, 0, 0, 0, 999_999_999, time.UTC), Exists: true},
			{},
			{ModTime: time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC), Exists: true},
		},
		Priorities: []int{1000, 0}, Downloaded: 1 << 50, Uploaded: 7, Clean: true, Saved: saved,
	}
}

func TestFits(t *testing.T) {
	m := torrentOf(32768, 65536, 100)
	good := State{InfoHash: m.InfoHash, Pieces: bits(3), Files: make([]FileStamp, 3)}
	for _, test := range []struct {
		name   string
		change func(*State)
		fits   bool
	}{
		{"the same", func(*State) {}, true},
		{"another info-hash", func(s *State) { s.InfoHash[19]++ }, false},
		{"a piece less", func(s *State) { s.Pieces = bits(2) }, false},
		{"no stamp of the part file", func(s *State) { s.Files = s.Files[:2] }, false},
	} {
		s := good
		test.change(&s)
		if err := s.Fits(m); (err == nil) != test.fits || err != nil && !errors.Is(err, ErrOther) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}
