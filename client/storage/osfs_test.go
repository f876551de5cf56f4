package storage

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/spf13/afero"
)

func TestFreeSpace(t *testing.T) {
	tr := newTorrent(t, 10, testFile{"a", 10})
	dir := filepath.Join(t.TempDir(), "not", "yet")
	s, err := Open(OS(), dir, tr.info, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := s.FreeSpace(); err != nil && !errors.Is(err, errors.ErrUnsupported) || err == nil && n <= 0 {
		t.Errorf("FreeSpace() = %d, %v", n, err)
	}
	s, err = Open(afero.NewOsFs(), dir, tr.info, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.FreeSpace(); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("FreeSpace() of a filesystem that cannot know: %v", err)
	}
}

// What the store finds by type assertion is there, and links are seen.
func TestOSCapabilities(t *testing.T) {
	fsys := OS()
	if _, ok := fsys.(afero.Lstater); !ok {
		t.Error("no Lstater")
	}
	if d, ok := fsys.(DirSyncer); !ok || d.SyncDir(t.TempDir()) != nil {
		t.Error("no DirSyncer, or it fails")
	}
	if v, ok := fsys.(VolumeTeller); !ok {
		t.Error("no VolumeTeller")
	} else if name, err := v.Volume(t.TempDir()); err == nil && name == "" {
		t.Error("a filesystem without a name")
	}
	if l, ok := fsys.(LimitTeller); !ok {
		t.Error("no LimitTeller")
	} else if _, readOnly, err := l.FileLimits(t.TempDir()); err == nil && readOnly {
		t.Error("a directory just made cannot be written to")
	}
	f, err := fsys.Create(filepath.Join(t.TempDir(), "a"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, ok := f.(HoleFinder); !ok {
		t.Error("no HoleFinder")
	}
	if f, err := fsys.Open(filepath.Join(t.TempDir(), "none")); err == nil || f != nil {
		t.Errorf("Open of a missing file = %v, %v", f, err)
	}
}
