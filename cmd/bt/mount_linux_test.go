package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// mountTmpfs makes a directory, and mounts a filesystem there that has no disk.
func mountTmpfs(t *testing.T, dir string, size int64) {
	t.Helper()
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Skipf("no filesystem of its own: mounting a tmpfs: %v", err)
	}
	unmountLater(t, dir)
}

// mountExt4 makes a directory, and mounts a filesystem there that is in a file. It
// allocates late: that there is no room may be found only when data leaves the page
// cache, had it not reserved it before.
func mountExt4(t *testing.T, dir string, size int64) {
	t.Helper()
	image := dir + ".image"
	f, err := os.Create(image)
	if err == nil {
		err = errors.Join(f.Truncate(size), f.Close(), os.Mkdir(dir, 0o755))
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, cmd := range [][]string{
		// Nothing is reserved for root, who may run this.
		{"mkfs.ext4", "-q", "-F", "-m", "0", image},
		{"mount", "-o", "loop", image, dir},
	} {
		if out, err := exec.Command(cmd[0], cmd[1:]...).CombinedOutput(); err != nil {
			t.Skipf("no filesystem of its own: %s: %v: %s", strings.Join(cmd, " "), err, out)
		}
	}
	unmountLater(t, dir)
}

func unmountLater(t *testing.T, dir string) {
	t.Helper()
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
}
