package storage

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/spf13/afero"
)

// limitFs knows what it does not take.
type limitFs struct {
	afero.Fs
	longest  int64
	readOnly bool
}

func (l limitFs) FileLimits(string) (int64, bool, error) { return l.longest, l.readOnly, nil }

// TestFileLimits: what could not be written is said by Prepare, and what is there
// already, or not wanted, is no reason to refuse.
func TestFileLimits(t *testing.T) {
	tr := newTorrent(t, 50, testFile{"small", 100}, testFile{"large", 200})
	tests := []struct {
		name     string
		fs       limitFs
		complete bool
		prios    []int
		want     error
	}{
		{"no limit", limitFs{}, false, nil, nil},
		{"all fit", limitFs{longest: 200}, false, nil, nil},
		{"one does not", limitFs{longest: 199}, false, nil, syscall.EFBIG},
		{"it is not wanted", limitFs{longest: 199}, false, []int{1, 0}, nil},
		{"read-only", limitFs{readOnly: true}, false, nil, syscall.EROFS},
		{"read-only, and complete", limitFs{readOnly: true, longest: 1}, true, nil, nil},
	}
	for _, tt := range tests {
		dir := t.TempDir()
		if tt.complete {
			must(t, os.Mkdir(filepath.Join(dir, "data"), 0o777))
			must(t, os.WriteFile(filepath.Join(dir, "data", "small"), tr.file(0), 0o666))
			must(t, os.WriteFile(filepath.Join(dir, "data", "large"), tr.file(1), 0o666))
		}
		tt.fs.Fs = afero.NewOsFs()
		s, err := Open(tt.fs, dir, tr.info, Options{Priorities: tt.prios})
		must(t, err)
		_, err = s.Prepare()
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: Prepare = %v, want %v", tt.name, err, tt.want)
		}
		if entries, _ := os.ReadDir(dir); tt.want != nil && len(entries) > 0 {
			t.Errorf("%s: %v was made all the same", tt.name, entries)
		}
		must(t, s.Close())
	}
}

// TestFaults sorts errors by what can be done about them.
func TestFaults(t *testing.T) {
	tests := []struct {
		err                      error
		full, transient, changed bool
	}{
		{syscall.ENOSPC, true, false, false},
		{syscall.EDQUOT, true, false, false},
		{syscall.EMFILE, false, true, false},
		{syscall.ENFILE, false, true, false},
		{syscall.EINTR, false, true, false},
		{syscall.EIO, false, false, false},
		{syscall.EACCES, false, false, false},
		{syscall.ENOENT, false, false, true},
		{ErrChanged, false, false, true},
	}
	for _, tt := range tests {
		err := wrap("write", "x", 1, &os.PathError{Op: "write", Path: "x", Err: tt.err})
		if IsFull(err) != tt.full || IsTransient(err) != tt.transient || IsChanged(err) != tt.changed {
			t.Errorf("%v: full %v, transient %v, changed %v", err, IsFull(err), IsTransient(err), IsChanged(err))
		}
	}
}

// TestInterruptedWrite: what was interrupted, or moved only a part, goes on; what
// never moves anything is an error in the end.
func TestInterruptedWrite(t *testing.T) {
	for _, stuck := range []bool{false, true} {
		f := &lazyFile{stuck: stuck}
		err := writeFull(f, []byte("0123456789"), 5)
		if !stuck && (err != nil || string(f.got) != "0123456789") {
			t.Errorf("wrote %q, %v", f.got, err)
		}
		if stuck && !IsTransient(err) {
			t.Errorf("a write that is interrupted for ever: %v", err)
		}
	}
}

// lazyFile writes three bytes at a time, and is interrupted every other time.
type lazyFile struct {
	afero.File
	got   []byte
	calls int
	stuck bool
}

func (f *lazyFile) WriteAt(p []byte, off int64) (int, error) {
	f.calls++
	if f.stuck || f.calls%2 == 0 {
		return 0, syscall.EINTR
	}
	if off != int64(5+len(f.got)) {
		return 0, syscall.EINVAL
	}
	n := min(len(p), 3)
	f.got = append(f.got, p[:n]...)
	return n, nil
}
