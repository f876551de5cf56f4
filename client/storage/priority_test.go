package storage

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/spf13/afero"
)

// Two shares of one file of priority 0, at both of its ends.
func partTorrent(t fataler) *torrent {
	return newTorrent(t, 32*kib, testFile{"a", 48 * kib}, testFile{"b", 64 * kib}, testFile{"c", 16 * kib})
}

func TestR05PartFileLife(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "on the way")
	tr := partTorrent(t)
	s, _ := open(t, afero.NewOsFs(), dir, tr, 1, 0, 1)
	for _, p := range []int{1, 3} {
		mustWrite(t, s, p, Block{0, tr.piece(p)})
		wantCheck(t, s, p, true)
	}
	mustClose(t, s)

	s, present := open(t, afero.NewOsFs(), dir, tr, 1, 0, 1)
	for p, want := range []bool{false, true, false, true} {
		if want && !present.Has(p) {
			t.Errorf("piece %d is absent", p)
		}
		wantCheck(t, s, p, want)
	}
	// 16 KiB from inside of a share are served.
	got := make([]byte, 16*kib)
	if err := s.Read(1, 16*kib, got); err != nil || !bytes.Equal(got, tr.piece(1)[16*kib:]) {
		t.Fatalf("block of the part file reads wrong, error %v", err)
	}
	if _, err := os.Stat(s.Paths()[1]); !os.IsNotExist(err) {
		t.Fatal("a file of priority 0 was created")
	}

	if err := s.SetPriorities([]int{1, 1, 1}); err != nil {
		t.Fatal(err)
	}
	if hasPart(t, dir) {
		t.Error("an empty part file was left behind")
	}
	for _, p := range []int{1, 3} {
		wantRead(t, s, p, tr.piece(p))
		wantCheck(t, s, p, true)
	}
	mustWrite(t, s, 2, Block{0, tr.piece(2)})
	wantCheck(t, s, 2, true)
	mustClose(t, s)
	if got, err := os.ReadFile(s.Paths()[1]); err != nil || !bytes.Equal(got, tr.file(1)) {
		t.Errorf("the file differs after all, error %v", err)
	}
}

func TestPrioritiesLoweredAndRaised(t *testing.T) {
	dir := t.TempDir()
	tr := partTorrent(t)
	s, _ := open(t, afero.NewOsFs(), dir, tr)
	half := len(tr.piece(1)) / 2
	mustWrite(t, s, 2, Block{0, tr.piece(2)})
	mustWrite(t, s, 1, Block{half + 8*kib, tr.piece(1)[half+8*kib:]}) // in b
	if err := s.SetPriorities([]int{1, 0, 1}); err != nil {
		t.Fatal(err)
	}
	wantCheck(t, s, 2, true) // from the file that is there
	before, _ := os.ReadFile(s.Paths()[1])
	// The rest of a piece begun in the file goes to the part file, and finds
	// there what came before.
	mustWrite(t, s, 1, Block{0, tr.piece(1)[:half+8*kib]})
	s.Forget(1)
	wantCheck(t, s, 1, true)
	if after, _ := os.ReadFile(s.Paths()[1]); !bytes.Equal(before, after) {
		t.Error("a file of priority 0 was written")
	}
	mustClose(t, s)
	// The priority may also be raised while the store is closed.
	s, present := open(t, afero.NewOsFs(), dir, tr, 0, 1, 0)
	if !present.Has(1) || !present.Has(2) || hasPart(t, dir) {
		t.Errorf("present %v %v, part file %v", present.Has(1), present.Has(2), hasPart(t, dir))
	}
	wantCheck(t, s, 1, true)
	mustClose(t, s)
}

// The part file's names stay legal, however long the torrent's name.
func TestPartFileName(t *testing.T) {
	tr := partTorrent(t)
	info := *tr.info
	info.Name = string(bytes.Repeat([]byte("a"), 199)) + "ééé"
	p := newPartFile(&info)
	if n := len(p.name + indexSuffix); n > 255 {
		t.Errorf("name of %d bytes", n)
	}
	if want := "." + info.Name[:199] + "-"; p.name[:len(want)] != want {
		t.Errorf("name %q does not begin with %q", p.name, want)
	}
	if other := newPartFile(tr.info); other.identity == p.identity {
		t.Error("torrents of different names have one identity")
	}
}

// Whatever is wrong with the index, it counts as absent and goes away.
func TestPartIndexNotBelieved(t *testing.T) {
	for name, spoil := range map[string]func(index string, data []byte) error{
		"torn":    func(index string, data []byte) error { return os.WriteFile(index, data[:len(data)-40], 0o600) },
		"flipped": func(index string, data []byte) error { data[60] ^= 1; return os.WriteFile(index, data, 0o600) },
		"empty":   func(index string, data []byte) error { return os.WriteFile(index, nil, 0o600) },
		"huge": func(index string, data []byte) error {
			return os.WriteFile(index, append(data, make([]byte, 1<<20)...), 0o600)
		},
		"gone":       func(index string, data []byte) error { return os.Remove(index) },
		"slots gone": func(index string, data []byte) error { return os.Remove(index[:len(index)-len(indexSuffix)]) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			tr := partTorrent(t)
			s, _ := open(t, afero.NewOsFs(), dir, tr, 1, 0, 1)
			mustWrite(t, s, 1, Block{0, tr.piece(1)})
			mustClose(t, s)
			index := filepath.Join(dir, s.part.name+indexSuffix)
			data, err := os.ReadFile(index)
			if err != nil {
				t.Fatal(err)
			}
			if err := spoil(index, data); err != nil {
				t.Fatal(err)
			}
			s, present := open(t, afero.NewOsFs(), dir, tr, 1, 0, 1)
			if present.Has(1) {
				t.Error("its pieces are present")
			}
			wantCheck(t, s, 1, false)
			if name == "torn" { // either way is open
				mustWrite(t, s, 1, Block{0, tr.piece(1)})
				wantCheck(t, s, 1, true)
				mustClose(t, s)
				s, present = open(t, afero.NewOsFs(), dir, tr, 1, 0, 1)
				if !present.Has(1) {
					t.Error("a new index was not written")
				}
				mustClose(t, s)
				return
			}
			mustClose(t, s)
			if hasPart(t, dir) {
				t.Errorf("remains: %q", tree(t, dir))
			}
		})
	}
}

func sampleIndex() (*layout, partIndex, [32]byte) {
	tr := partTorrent(panicker{})
	l := newLayout(tr.info)
	x := newPartIndex()
	x.reserve(3)
	x.reserve(1)
	for _, sh := range []share{{1, 0}, {1, 1}, {3, 1}} {
		x.shares[sh] = struct{}{}
	}
	return &l, x, l.identity()
}

func TestPartIndexRoundTrip(t *testing.T) {
	l, x, id := sampleIndex()
	b := appendPartIndex([]byte("before"), &x, l, id)[len("before"):]
	y, err := parsePartIndex(b, l, id)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(x.sorted(), y.sorted()) || !slices.Equal(x.owners, y.owners) || y.slots[1] != 1 || y.slots[3] != 0 {
		t.Errorf("%v became %v", x, y)
	}
	for i := range b {
		for n := range 8 {
			bad := bytes.Clone(b)
			bad[i] ^= 1 << n
			if _, err := parsePartIndex(bad, l, id); err == nil {
				t.Fatalf("bit %d of byte %d is not covered", n, i)
			}
		}
		if _, err := parsePartIndex(b[:i], l, id); err == nil {
			t.Fatalf("an index cut at %d is believed", i)
		}
	}
	if _, err := parsePartIndex(b, l, [32]byte{}); err == nil {
		t.Error("the index of another torrent is believed")
	}
}

// panicker lets helpers run where there is no test.
type panicker struct{}

func (panicker) Helper()                      {}
func (panicker) Fatal(args ...any)            { panic(args) }
func (panicker) Fatalf(f string, args ...any) { panic(args) }

// FuzzPartIndex gives every body a right checksum, so that the checks behind it
// are reached.
func FuzzPartIndex(f *testing.F) {
	l, x, id := sampleIndex()
	b := appendPartIndex(nil, &x, l, id)
	f.Add(b[:len(b)-32])
	swapped := bytes.Clone(b[:len(b)-32])
	copy(swapped[partHeaderLen:], b[partHeaderLen+partShareLen:][:partShareLen])
	f.Add(swapped)
	f.Fuzz(func(t *testing.T, body []byte) {
		sum := sha256Sum(body)
		y, err := parsePartIndex(append(bytes.Clone(body), sum[:]...), l, id)
		if err != nil {
			return
		}
		again := appendPartIndex(nil, &y, l, id)
		if !bytes.Equal(again[:len(again)-32], body) {
			t.Errorf("believed %x, which means %x", body, again)
		}
		owner := make(map[int]int)
		for _, sh := range y.sorted() {
			slot := y.slots[sh.piece]
			if p, ok := owner[slot]; ok && p != sh.piece || y.owners[slot] != sh.piece {
				t.Errorf("slot %d has two owners", slot)
			}
			owner[slot] = sh.piece
		}
	})
}

// Lies with a right checksum.
func TestPartIndexLies(t *testing.T) {
	l, x, id := sampleIndex()
	b := appendPartIndex(nil, &x, l, id)
	b = b[:len(b)-32]
	at := func(share, field int) int { return partHeaderLen + share*partShareLen + field }
	for name, lie := range map[string]struct {
		at int
		to byte
	}{
		"slot of another piece": {at(2, 3), 1},
		"piece in two slots":    {at(1, 3), 0},
		"no such slot":          {at(0, 3), 2},
		"no such piece":         {at(2, 7), 4},
		"negative piece":        {at(0, 4), 0xFF},
		"no such file":          {at(0, 11), 3},
		"wrong offset":          {at(0, 19), 1},
		"wrong length":          {at(0, 27), 1},
		"twice the same":        {at(1, 11), 0},
		"too many slots":        {55, 200},
		"too many shares":       {59, 4},
		"version":               {11, 2},
		"piece length":          {19, 1},
	} {
		bad := bytes.Clone(b)
		bad[lie.at] = lie.to
		sum := sha256Sum(bad)
		if _, err := parsePartIndex(append(bad, sum[:]...), l, id); err == nil {
			t.Errorf("%s: believed", name)
		}
	}
}
