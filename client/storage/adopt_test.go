package storage

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"bt/simnet/simfs"
)

// TestAdoptDirectories: what a process that was killed has left is durable after
// the first Sync of the next one, with all the directories on the way to it.
func TestAdoptDirectories(t *testing.T) {
	fsys := simfs.New(func() time.Time { return time.Unix(1e9, 0) })
	if err := fsys.MkdirAll("/downloads", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := fsys.SyncDir("/"); err != nil {
		t.Fatal(err)
	}
	tr := newTorrent(t, 1000, testFile{"a/b/x", 700}, testFile{"a/c/y", 300})
	first, _ := open(t, fsys, "/downloads", tr)
	mustWrite(t, first, 0, Block{0, tr.data})
	fsys.Kill()

	second, _ := open(t, fsys, "/downloads", tr)
	second.Adopt()
	if err := second.Sync(); err != nil {
		t.Fatal(err)
	}
	fsys.PowerLoss()

	third, present := open(t, fsys, "/downloads", tr)
	if !present.Has(0) {
		t.Fatal("the piece is not there after a loss of power")
	}
	wantCheck(t, third, 0, true)
	mustClose(t, third)
}

// TestAdoptReadOnly: what may be read, and not written to, can be synced all the same,
// and if that fails, it is told.
func TestAdoptReadOnly(t *testing.T) {
	fsys := simfs.New(func() time.Time { return time.Unix(1e9, 0) })
	tr := newTorrent(t, 1000, testFile{"a", 1000})
	first, _ := open(t, fsys, "/", tr)
	mustWrite(t, first, 0, Block{0, tr.data})
	fsys.Kill()

	for _, errno := range []syscall.Errno{syscall.EROFS, syscall.EACCES} {
		writable := fsys.Inject(simfs.Fault{Kind: simfs.Fail, Err: errno, Ops: simfs.OpModify})
		s, _ := open(t, fsys, "/", tr)
		s.Adopt()
		if err := s.Sync(); err != nil {
			t.Errorf("%v: Sync: %v", errno, err)
		}
		s.Adopt()
		broken := fsys.Inject(simfs.Fault{Kind: simfs.Fail, Err: syscall.EIO, Ops: simfs.OpSync})
		if err := s.Sync(); !errors.Is(err, syscall.EIO) {
			t.Errorf("%v: Sync of a broken disk: %v", errno, err)
		}
		broken()
		mustClose(t, s)
		writable()
	}
	fsys.PowerLoss()
	last, _ := open(t, fsys, "/", tr)
	wantCheck(t, last, 0, true)
	mustClose(t, last)
}
