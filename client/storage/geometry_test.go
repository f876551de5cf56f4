package storage

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/spf13/afero"
)

const kib = 1024

func TestGeometry(t *testing.T) {
	for _, tt := range []struct {
		name        string
		pieceLength int
		files       []testFile
		prios       []int
		pieces      []int    // those to download
		want        []string // the disk after that
		part        bool
	}{
		{"exact multiple of the piece length", 100, []testFile{{"a", 300}}, nil, []int{0, 1, 2}, []string{"data/a 300"}, false},
		{"one piece", 100, []testFile{{"a", 7}}, nil, []int{0}, []string{"data/a 7"}, false},
		{"8k+1 pieces", 10, []testFile{{"a", 81}}, nil, []int{0, 1, 2, 3, 4, 5, 6, 7, 8}, []string{"data/a 81"}, false},
		{"first of two files", 100, []testFile{{"a", 150}, {"b", 150}}, []int{1, 0}, []int{0, 1}, []string{"data/a 150"}, true},
		{"second of two files", 100, []testFile{{"a", 150}, {"b", 150}}, []int{0, 1}, []int{1, 2}, []string{"data/b 150"}, true},
		{"file ends on a piece boundary", 100, []testFile{{"a", 200}, {"b", 100}}, []int{1, 0}, []int{0, 1}, []string{"data/a 200"}, false},
		{"empty files first, middle, last", 32 * kib,
			[]testFile{{"a", 0}, {"b", 32768}, {"c/d", 0}, {"e", 32768}, {"f", 0}, {"g", 32767}, {"h", 0}}, nil, []int{0, 1, 2},
			[]string{"data/a 0", "data/b 32768", "data/c/d 0", "data/e 32768", "data/f 0", "data/g 32767", "data/h 0"}, false},
		{"empty file not wanted", 100, []testFile{{"a", 0}, {"b", 5}}, []int{0, 1}, []int{0}, []string{"data/b 5"}, false},
		{"many files in a piece", 100, []testFile{{"a", 1}, {"b", 2}, {"c", 3}, {"d", 4}}, nil, []int{0}, []string{"data/a 1", "data/b 2", "data/c 3", "data/d 4"}, false},
		{"pads", 100, []testFile{{"a", 150}, {".pad/50", 50}, {"b", 10}, {".pad/90", 90}}, nil, []int{0, 1, 2}, []string{"data/a 150", "data/b 10"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			tr := newTorrent(t, tt.pieceLength, tt.files...)
			s, present := open(t, afero.NewOsFs(), dir, tr, tt.prios...)
			if !present.None() {
				t.Fatal("pieces present in an empty directory")
			}
			for _, p := range tt.pieces {
				wantCheck(t, s, p, false)
				mustWrite(t, s, p, Block{0, tr.piece(p)})
				wantCheck(t, s, p, true)
				wantCheck(t, s, p, true) // from disk
				wantRead(t, s, p, tr.piece(p))
			}
			mustClose(t, s)
			if got := hasPart(t, dir); got != tt.part {
				t.Errorf("part file there: %v, want %v", got, tt.part)
			}
			got := slices.DeleteFunc(tree(t, dir), func(f string) bool { return f[0] == '.' })
			if !slices.Equal(got, tt.want) {
				t.Errorf("disk is %q, want %q", got, tt.want)
			}
			for i := range tr.info.Files {
				if (tt.prios != nil && tt.prios[i] == 0) || tr.info.Files[i].Pad {
					continue
				}
				if got, err := os.ReadFile(s.Paths()[i]); err != nil || !bytes.Equal(got, tr.file(i)) {
					t.Errorf("file %d differs, error %v", i, err)
				}
			}
			s, present = open(t, afero.NewOsFs(), dir, tr, tt.prios...)
			for p := range tr.info.NumPieces() {
				if want := slices.Contains(tt.pieces, p); present.Has(p) != want {
					t.Errorf("piece %d present after restart: %v", p, !want)
				}
			}
			mustClose(t, s)
		})
	}
}

func TestR17ZeroPieceWithoutFile(t *testing.T) {
	dir := t.TempDir()
	tr := withData(t, 4*kib, make([]byte, 12*kib), testFile{"a", 12 * kib})
	s, present := open(t, OS(), dir, tr)
	if !present.None() {
		t.Error("a piece without a file is present")
	}
	wantCheck(t, s, 0, false)
	mustWrite(t, s, 0, Block{0, tr.piece(0)})
	wantCheck(t, s, 0, true)
	wantCheck(t, s, 1, false) // behind the end of the file
	mustClose(t, s)
}

func TestHoles(t *testing.T) {
	const size = 64 * kib
	tr := newTorrent(t, size, testFile{"a", 4 * size})
	for name, tt := range map[string]struct {
		fs   afero.Fs
		want []bool
	}{
		"known":   {OS(), []bool{false, true, false, true}},
		"unknown": {afero.NewOsFs(), []bool{true, true, true, true}},
	} {
		dir := t.TempDir()
		s, _ := open(t, tt.fs, dir, tr)
		mustWrite(t, s, 3, Block{0, tr.piece(3)})
		mustWrite(t, s, 1, Block{size / 2, tr.piece(1)[size/2:]}) // half a hole may be right
		mustClose(t, s)
		if !knowsHoles(t, filepath.Join(dir, "data/a")) {
			t.Skip("the temporary directory's filesystem does not tell holes")
		}
		s, present := open(t, tt.fs, dir, tr)
		for p, want := range tt.want {
			if present.Has(p) != want {
				t.Errorf("holes %s: piece %d present = %v", name, p, !want)
			}
		}
		wantCheck(t, s, 0, false)
		wantCheck(t, s, 3, true)
		mustClose(t, s)
	}
}

// A sparse image that somebody wants to seed has holes where zeros belong.
func TestHoleThatBelongs(t *testing.T) {
	const size = 64 * kib
	data := append(make([]byte, size), bytes.Repeat([]byte{1}, size)...)
	tr := withData(t, size, data, testFile{"a", 2 * size})
	dir := t.TempDir()
	s, _ := open(t, OS(), dir, tr)
	mustWrite(t, s, 1, Block{0, tr.piece(1)})
	mustClose(t, s)
	s, present := open(t, OS(), dir, tr)
	if !present.Has(0) {
		t.Error("zeros in a hole are absent")
	}
	wantCheck(t, s, 0, true)
	mustClose(t, s)
}

func knowsHoles(t *testing.T, path string) bool {
	t.Helper()
	f, err := OS().Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := f.(HoleFinder).NextData(0)
	return err == nil && data > 0
}

func TestPathsSingleFile(t *testing.T) {
	tr := newTorrent(t, 10, testFile{"x/y", 5}, testFile{".pad/5", 5})
	s, err := Open(afero.NewOsFs(), "somewhere", tr.info, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join("somewhere", "data", "x", "y"), filepath.Join("somewhere", "data", ".pad", "5")}
	if got := s.Paths(); !slices.Equal(got, want) {
		t.Errorf("Paths() = %q, want %q", got, want)
	}
	single := *tr.info
	single.Multi, single.Name = false, "one"
	single.Files = single.Files[:1:1]
	single.Files[0].Path = []string{"one"}
	s, err = Open(afero.NewOsFs(), "somewhere", &single, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.Paths()[0], filepath.Join("somewhere", "one"); got != want {
		t.Errorf("single file lies at %q, want %q", got, want)
	}
}
