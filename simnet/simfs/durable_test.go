package simfs_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"bt/simnet/simfs"
)

// create makes a file with durable content, but leaves its name to the caller.
func create(t rapid.TB, f *simfs.FS, name, content string) {
	t.Helper()
	file := open(t, f, name, rw)
	write(t, file, []byte(content), 0)
	must(t, file.Sync())
	must(t, file.Close())
}

// tree lists the files with their content.
func tree(t rapid.TB, f *simfs.FS) string {
	t.Helper()
	var list []string
	for _, s := range f.Files() {
		b, err := f.ReadFile(s.Path)
		must(t, err)
		list = append(list, fmt.Sprintf("%s=%s", s.Path, b))
	}
	return strings.Join(list, " ")
}

func TestPowerLoss(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(f *simfs.FS) // starts from /d/old=old, durable
		want string
	}{
		{"new file, neither synced", func(f *simfs.FS) { write(t, open(t, f, "/new", rw), []byte("new"), 0) }, "/d/old=old"},
		{"new file, only its data synced", func(f *simfs.FS) { create(t, f, "/new", "new") }, "/d/old=old"},
		{"new file, only its directory synced", func(f *simfs.FS) {
			write(t, open(t, f, "/new", rw), []byte("new"), 0)
			must(t, f.SyncDir("/"))
		}, "/d/old=old /new="},
		{"new file, both synced", func(f *simfs.FS) { create(t, f, "/new", "new"); must(t, f.SyncDir("/")) }, "/d/old=old /new=new"},
		{"directory synced through a handle", func(f *simfs.FS) {
			create(t, f, "/new", "new")
			must(t, open(t, f, "/", 0).Sync())
		}, "/d/old=old /new=new"},
		{"overwritten", func(f *simfs.FS) { write(t, open(t, f, "/d/old", rw), []byte("NEW!"), 0) }, "/d/old=old"},
		{"written after Sync", func(f *simfs.FS) {
			file := open(t, f, "/d/old", rw)
			write(t, file, []byte("NEW"), 0)
			must(t, file.Sync())
			write(t, file, []byte("newer"), 0)
		}, "/d/old=NEW"},
		{"truncated and extended", func(f *simfs.FS) {
			file := open(t, f, "/d/old", rw)
			must(t, file.Truncate(0))
			must(t, file.Truncate(100))
		}, "/d/old=old"},
		{"removed", func(f *simfs.FS) { must(t, f.Remove("/d/old")) }, "/d/old=old"},
		{"removed and synced", func(f *simfs.FS) { must(t, f.Remove("/d/old")); must(t, f.SyncDir("/d")) }, ""},
		{"renamed", func(f *simfs.FS) { must(t, f.Rename("/d/old", "/d/new")) }, "/d/old=old"},
		{"renamed and synced", func(f *simfs.FS) { must(t, f.Rename("/d/old", "/d/new")); must(t, f.SyncDir("/d")) }, "/d/new=old"},
		{"moved, one directory synced", func(f *simfs.FS) {
			must(t, f.Rename("/d/old", "/new"))
			must(t, f.SyncDir("/"))
		}, "/new=old"},
		{"moved, the other directory synced", func(f *simfs.FS) {
			must(t, f.Rename("/d/old", "/new"))
			must(t, f.SyncDir("/d"))
		}, "/new=old"},
		{"created and moved, one directory synced and then the other", func(f *simfs.FS) {
			create(t, f, "/d/tmp", "new")
			must(t, f.Rename("/d/tmp", "/new"))
			must(t, f.SyncDir("/"))
			must(t, f.SyncDir("/d"))
		}, "/d/old=old /new=new"},
		{"replaced atomically without directory sync", func(f *simfs.FS) {
			create(t, f, "/d/tmp", "new")
			must(t, f.Rename("/d/tmp", "/d/old"))
		}, "/d/old=old"},
		{"replaced atomically", func(f *simfs.FS) {
			create(t, f, "/d/tmp", "new")
			must(t, f.Rename("/d/tmp", "/d/old"))
			must(t, f.SyncDir("/d"))
		}, "/d/old=new"},
		{"file in a directory that is not synced", func(f *simfs.FS) {
			must(t, f.Mkdir("/e", 0o777))
			create(t, f, "/e/new", "new")
			must(t, f.SyncDir("/e"))
		}, "/d/old=old"},
		{"another directory synced", func(f *simfs.FS) {
			create(t, f, "/d/new", "new")
			must(t, f.SyncDir("/"))
		}, "/d/old=old"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFS()
			must(t, f.Mkdir("/d", 0o777))
			must(t, f.SyncDir("/"))
			create(t, f, "/d/old", "old")
			must(t, f.SyncDir("/d"))
			c.do(f)
			before := tree(t, f)
			if got := tree(t, f.Image()); got != c.want {
				t.Errorf("image holds %q, want %q", got, c.want)
			}
			if got := tree(t, f); got != before {
				t.Errorf("making an image changed %q to %q", before, got)
			}
			f.PowerLoss()
			if got := tree(t, f); got != c.want {
				t.Errorf("after the power loss %q, want %q", got, c.want)
			}
			f.PowerLoss()
			if got := tree(t, f); got != c.want {
				t.Errorf("after the second power loss %q, want %q", got, c.want)
			}
		})
	}
}

func TestKillKeepsWhatWasWritten(t *testing.T) {
	f := newFS()
	file := open(t, f, "/a", rw)
	write(t, file, []byte("kept"), 0)
	gone := open(t, f, "/b", rw)
	write(t, gone, pattern(page), 0)
	must(t, f.Remove("/b"))
	f.Kill()
	if got := tree(t, f); got != "/a=kept" || f.Allocated() != page || len(f.OpenHandles()) != 0 {
		t.Errorf("%q, %d bytes, open %v", got, f.Allocated(), f.OpenHandles())
	}
}

func TestImageIsIndependent(t *testing.T) {
	f := newFS()
	create(t, f, "/a", "original")
	must(t, f.SyncDir("/"))
	img := f.Image()
	write(t, open(t, f, "/a", rw), []byte("O"), 0)
	write(t, open(t, img, "/a", rw), []byte("ORI"), 0)
	if got := tree(t, f) + " " + tree(t, img); got != "/a=Original /a=ORIginal" {
		t.Error(got)
	}
}

// TestSyncThatForgets is the failing fsync of Linux, and the disk that lies.
func TestSyncThatForgets(t *testing.T) {
	for _, kind := range []simfs.Kind{simfs.Forget, simfs.Lie} {
		f := newFS()
		create(t, f, "/a", "old")
		must(t, f.SyncDir("/"))
		file := open(t, f, "/a", rw)
		f.Inject(simfs.Fault{Kind: kind, Count: 1, Err: syscall.EIO})
		write(t, file, []byte("new"), 0)
		if err := file.Sync(); (err != nil) != (kind == simfs.Forget) {
			t.Errorf("failing Sync: %v", err)
		}
		must(t, file.Sync())
		if got := tree(t, f) + " " + tree(t, f.Image()); got != "/a=new /a=old" {
			t.Errorf("after the second Sync: %s", got)
		}
		write(t, file, []byte("new"), 0)
		if got := tree(t, f.Image()); got != "/a=old" {
			t.Errorf("after writing again: %s", got)
		}
		must(t, file.Sync())
		if got := tree(t, f.Image()); got != "/a=new" {
			t.Errorf("after the third Sync: %s", got)
		}
	}
}

func TestSyncThatForgetsTwice(t *testing.T) {
	f := newFS()
	// Known content is kept by reference, and has to be written again all the same.
	f.Know("/a", simfs.NewContent(pattern(2*page)))
	file := open(t, f, "/a", rw)
	must(t, file.Truncate(2*page))
	must(t, file.Sync())
	must(t, f.SyncDir("/"))
	f.Inject(simfs.Fault{Kind: simfs.Forget, Count: 2, Err: syscall.EIO})
	for i := range 2 {
		write(t, file, pattern(2 * page)[i*page:][:page], int64(i*page))
		if file.Sync() == nil {
			t.Fatal("Sync did not fail")
		}
	}
	must(t, file.Sync())
	wantFile(t, f.Image(), "/a", make([]byte, 2*page))
	write(t, file, pattern(2*page), 0)
	must(t, file.Sync())
	wantFile(t, f.Image(), "/a", pattern(2*page))
}

// TestForgottenPagesEndWithTheFile: what was lost past the end must not return.
func TestForgottenPagesEndWithTheFile(t *testing.T) {
	for _, size := range []int64{0, 10, page, page + 10} {
		f := newFS()
		file := open(t, f, "/a", rw)
		must(t, f.SyncDir("/"))
		write(t, file, pattern(3*page), 0)
		must(t, file.Sync())
		write(t, file, make([]byte, 3*page), 0)
		f.Inject(simfs.Fault{Kind: simfs.Forget, Count: 1, Err: syscall.EIO})
		if file.Sync() == nil {
			t.Fatal("Sync did not fail")
		}
		must(t, file.Truncate(size))
		must(t, file.Sync())
		f.PowerLoss()
		must(t, open(t, f, "/a", rw).Truncate(3*page))
		b, err := f.ReadFile("/a")
		must(t, err)
		if slices.ContainsFunc(b[size:], func(c byte) bool { return c != 0 }) {
			t.Errorf("size %d: bytes past the end came back", size)
		}
	}
}

// TestDurableTree moves directories about, and syncs some: what is durable must
// always be a tree in which no inode is lost or doubled once it was durable.
func TestDurableTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := newFS()
		ids := []string{"a", "b", "c", "d", "e"}
		for _, id := range ids {
			if err := f.Mkdir("/"+id, 0o777); err != nil {
				t.Fatal(err)
			}
			// The file says which directory this is, wherever it moves.
			if _, err := f.Create("/" + id + "/is-" + id); err != nil {
				t.Fatal(err)
			}
			if err := f.SyncDir("/" + id); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.SyncDir("/"); err != nil {
			t.Fatal(err)
		}
		dirs := rapid.Custom(func(t *rapid.T) string { return rapid.SampledFrom(append(f.Dirs(), "")).Draw(t, "dir") })
		t.Repeat(map[string]func(*rapid.T){
			"move": func(t *rapid.T) {
				from, to := dirs.Draw(t, "from"), dirs.Draw(t, "to")
				f.Rename(from, to+"/"+rapid.SampledFrom(ids).Draw(t, "name")) // may be impossible
			},
			"sync": func(t *rapid.T) {
				if err := f.SyncDir("/" + dirs.Draw(t, "dir")); err != nil {
					t.Fatal(err)
				}
			},
			"": func(t *rapid.T) {
				seen := map[string]int{}
				for _, s := range f.Image().Files() {
					seen[s.Path[strings.LastIndex(s.Path, "/")+1:]]++
				}
				if want := map[string]int{"is-a": 1, "is-b": 1, "is-c": 1, "is-d": 1, "is-e": 1}; !maps.Equal(seen, want) {
					t.Fatalf("durable directories %v", seen)
				}
			},
		})
	})
}
