package simfs

import (
	"errors"
	"syscall"
	"testing"
	"time"
)

func TestMount(t *testing.T) {
	f := New(func() time.Time { return time.Unix(1, 0) })
	f.Mount("/mnt/")
	for _, dir := range []string{"/mnt/a", "/other"} {
		if err := f.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		from, to string
		want     error
	}{
		{"/x", "/mnt/x", syscall.EXDEV}, {"/mnt/x", "/other/x", syscall.EXDEV}, {"/mnt/x", "/mnt/a/x", nil}, {"/x", "/other/x", nil}, {"/x", "/mntx", nil},
	} {
		h, err := f.Create(tt.from)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		if err := f.Rename(tt.from, tt.to); !errors.Is(err, tt.want) {
			t.Errorf("%s to %s: %v, want %v", tt.from, tt.to, err, tt.want)
		}
	}
}
