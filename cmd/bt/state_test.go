package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"bt/client/metainfo"
)

func TestStateFormat(t *testing.T) {
	s := &savedState{Dir: "/a\nb", Name: "n", Uploaded: 1 << 40, cache: []byte("bytes\nand\x00more")}
	encoded := s.encode()
	got, err := decodeState(encoded)
	if err != nil || !reflect.DeepEqual(got, s) {
		t.Errorf("comes back as %+v, %v; want %+v", got, err, s)
	}
	for i := range encoded {
		torn, altered := encoded[:i], bytes.Clone(encoded)
		altered[i] ^= 1
		for _, b := range [][]byte{torn, altered} {
			if got, err := decodeState(b); !errors.Is(err, errStateDamaged) {
				t.Fatalf("damaged at byte %d, it is read as %+v, %v", i, got, err)
			}
		}
	}
	if _, err := decodeState(append(encoded, 'x')); err == nil {
		t.Error("something appended is not noticed")
	}
}

func FuzzState(f *testing.F) {
	f.Add((&savedState{Dir: "/a", cache: []byte("x")}).encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := decodeState(b)
		if err != nil {
			return
		}
		if again, err := decodeState(s.encode()); err != nil || !reflect.DeepEqual(again, s) {
			t.Errorf("%+v comes back as %+v, %v", s, again, err)
		}
	})
}

// TestGenerations replaces a state, and damages what is there in every way.
func TestGenerations(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x"+stateSuffix)
	read := func() (uploaded int64, damage error) {
		s, damage := readGenerations(path)
		if s == nil {
			return 0, damage
		}
		return s.Uploaded, damage
	}
	write := func(n int64) {
		t.Helper()
		if err := replaceFile(path, (&savedState{Uploaded: n}).encode()); err != nil {
			t.Fatal(err)
		}
	}
	if n, damage := read(); n != 0 || damage != nil {
		t.Errorf("before the first: %d, %v", n, damage)
	}
	write(1)
	write(2)
	write(3)
	if n, damage := read(); n != 3 || damage != nil {
		t.Errorf("the newest is %d, %v; want 3", n, damage)
	}
	if err := os.WriteFile(path+".tmp", []byte("torn"), 0o600); err != nil { // a crash while writing
		t.Fatal(err)
	}
	if n, damage := read(); n != 3 || damage != nil {
		t.Errorf("beside what a crash has left, the newest is %d, %v; want 3", n, damage)
	}
	if err := os.Truncate(path, 20); err != nil {
		t.Fatal(err)
	}
	if n, damage := read(); n != 2 || damage == nil || !strings.Contains(damage.Error(), path) {
		t.Errorf("with the newest torn: %d, %v; want 2, and the path", n, damage)
	}
	if err := os.Remove(path); err != nil { // a crash between the renames
		t.Fatal(err)
	}
	if n, damage := read(); n != 2 || damage != nil {
		t.Errorf("without the newest: %d, %v; want 2", n, damage)
	}
	write(4)
	if n, damage := read(); n != 4 || damage != nil {
		t.Errorf("written again: %d, %v; want 4", n, damage)
	}
}

func TestRealDir(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("making symbolic links takes a privilege here")
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	want := filepath.Join(dir, "new", "er")
	for _, create := range []bool{false, true} {
		if create {
			if err := os.MkdirAll(want, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{want, filepath.Join(dir, "link", "new", "er"), want + "/../er/."} {
			if got, err := realDir(name); err != nil || got != want {
				t.Errorf("%s, created %v: %s, %v; want %s", name, create, got, err, want)
			}
		}
	}
}

// TestOpenStates: the same torrent in another directory has a state of its own,
// one given twice is locked once, and a lock is free again after its process.
func TestOpenStates(t *testing.T) {
	t.Setenv(homeVariable, t.TempDir())
	a := newApp(nil, io.Discard, io.Discard)
	meta := &metainfo.MetaInfo{Info: metainfo.Info{Name: "x"}, InfoHash: metainfo.Hash{1}}
	jobs := func(dirs ...string) (jobs []job) {
		for _, dir := range dirs {
			j := job{}
			j.spec.Meta, j.spec.Dir = meta, dir
			jobs = append(jobs, j)
		}
		return jobs
	}
	one := jobs("h\xffre", "h\xffre")
	closeOne, err := a.openStates(one, false)
	if err != nil || one[0].state == nil || one[1].state != nil {
		t.Fatalf("%+v, %v", one, err)
	}
	if err := one[0].state.write([]byte("cache"), 5); err != nil {
		t.Fatal(err)
	}
	closeOther, err := a.openStates(jobs("there"), false)
	if err != nil {
		t.Errorf("in another directory: %v", err)
	}
	closeOther()
	closeSame, err := a.openStates(jobs("h\xffre"), false)
	if codeOf(err) != codeInUse || !strings.Contains(err.Error(), "process ") {
		t.Errorf("in the same directory: %v", err)
	}
	closeSame()
	closeOne()
	for _, fresh := range []bool{false, true} {
		again := jobs("h\xffre")
		closeAgain, err := a.openStates(again, fresh)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(again[0].spec.PieceCache); got != map[bool]string{false: "cache", true: ""}[fresh] {
			t.Errorf("fresh %v: begins with the cache %q", fresh, got)
		}
		if got := again[0].state.uploaded(); got != 5 {
			t.Errorf("fresh %v: %d bytes were uploaded, want 5", fresh, got)
		}
		closeAgain()
	}
}
