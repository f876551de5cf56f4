package simfs_test

import (
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bt/simnet/simfs"
)

// TestOnOp: every operation is told once, in order, before it happens, whether
// it fails or not.
func TestOnOp(t *testing.T) {
	f := newFS()
	var told []string
	f.OnOp(func(op simfs.Op, path string) { told = append(told, op.String()+" "+path) })
	f.Inject(simfs.Fault{Ops: simfs.OpMkdir, Path: "/refused", Err: syscall.EACCES})

	_ = f.Mkdir("/d", 0o755)
	_ = f.Mkdir("/refused", 0o755)
	h, err := f.Create("/d/x")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = h.WriteAt([]byte("abc"), 0)
	_ = h.Sync()
	_ = h.Close()
	_ = f.Rename("/d/x", "/d/y")
	_, _ = f.Stat("/d/z")
	f.OnOp(nil)
	_ = f.Remove("/d/y")

	want := []string{
		"mkdir /d", "mkdir /refused", "open for writing /d/x", "write /d/x", "sync /d/x", "close /d/x",
		"rename /d/x", "stat /d/z",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := simfs.OpAll.String(); got != "open, open for writing, read, write, truncate, sync, close, readdir, stat, mkdir, rename, remove, change" {
		t.Errorf("OpAll is %q", got)
	}
}
