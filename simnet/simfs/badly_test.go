package simfs_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/afero"

	"bt/simnet/simfs"
)

// faulty returns a disk with a durable file of three pages.
func faulty(t *testing.T) (*simfs.FS, afero.File) {
	f := newFS()
	create(t, f, "/a", string(pattern(3*page)))
	must(t, f.SyncDir("/"))
	return f, open(t, f, "/a", rw)
}

func readAll(t *testing.T, file afero.File) []byte {
	t.Helper()
	b := make([]byte, 3*page)
	if n, err := file.ReadAt(b, 0); n != len(b) || err != nil {
		t.Fatalf("ReadAt = %d, %v", n, err)
	}
	return b
}

func TestShort(t *testing.T) {
	f, file := faulty(t)
	f.Inject(simfs.Fault{Kind: simfs.Short, Ops: simfs.OpWrite, Count: 1, Err: syscall.ENOSPC})
	if n, err := file.WriteAt(make([]byte, 100), 0); n != 50 || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("short write: %d, %v", n, err)
	}
	wantFile(t, f, "/a", append(make([]byte, 50), pattern(3 * page)[50:]...))
	f.ClearFaults()
	f.Inject(simfs.Fault{Kind: simfs.Short})
	write(t, file, pattern(3*page), 0) // in ever smaller steps
	if !bytes.Equal(readAll(t, file), pattern(3*page)) {
		t.Error("short reads and writes do not add up")
	}
	if n, err := file.Read(make([]byte, 100)); n != 50 || err != nil {
		t.Errorf("short read: %d, %v", n, err)
	}
}

func TestSilentFaults(t *testing.T) {
	want := pattern(3 * page)
	flipped := bytes.Clone(want)
	flipped[100] ^= 1
	other := bytes.Repeat([]byte{7}, 100)
	for _, c := range []struct {
		name        string
		fault       simfs.Fault
		do          func(t *testing.T, f *simfs.FS, file afero.File) []byte // what is read
		read, after []byte                                                  // then, and what is on disk when all is healed
		damage      []int64                                                 // offsets that are reported
	}{
		{"lost", simfs.Fault{Kind: simfs.Lose}, func(t *testing.T, _ *simfs.FS, file afero.File) []byte {
			write(t, file, other, 500)
			return readAll(t, file)
		}, want, want, []int64{500}},
		{"misdirected", simfs.Fault{Kind: simfs.Misdirect, Shift: page}, func(t *testing.T, _ *simfs.FS, file afero.File) []byte {
			write(t, file, other, 500)
			return readAll(t, file)
		}, patched(want, other, page+500), patched(want, other, page+500), []int64{500, page + 500}},
		{"misdirected past the end", simfs.Fault{Kind: simfs.Misdirect, Shift: 3 * page}, func(t *testing.T, _ *simfs.FS, file afero.File) []byte {
			write(t, file, other, 500)
			return readAll(t, file)
		}, want, want, []int64{500}},
		{"rotten", simfs.Fault{Kind: simfs.Rot, From: 100, To: 101}, func(t *testing.T, _ *simfs.FS, file afero.File) []byte {
			file.ReadAt(make([]byte, 10), 100)
			file.ReadAt(make([]byte, 10), 100)
			return nil
		}, nil, flipped, []int64{100, 100}},
		{"flickering", simfs.Fault{Kind: simfs.Flicker, From: 100, Count: 1}, func(t *testing.T, _ *simfs.FS, file afero.File) []byte {
			p := make([]byte, 3*page-100)
			file.ReadAt(p, 100)
			return append(slices.Clone(want[:100]), p...)
		}, flipped, want, []int64{100}},
		{"stale", simfs.Fault{Kind: simfs.Stale}, func(t *testing.T, _ *simfs.FS, file afero.File) []byte {
			write(t, file, other, 500)
			return readAll(t, file)
		}, want, patched(want, other, 500), []int64{0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, file := faulty(t)
			var damage []int64
			f.OnDamage(func(path string, off, n int64) {
				if path != "/a" || n <= 0 {
					t.Errorf("%d bytes of %s are damaged", n, path)
				}
				damage = append(damage, off)
			})
			f.Inject(c.fault)
			if got := c.do(t, f, file); !bytes.Equal(got, c.read) {
				t.Error("something else is read")
			}
			f.ClearFaults()
			wantFile(t, f, "/a", c.after)
			if !slices.Equal(damage, c.damage) {
				t.Errorf("damage at %v, want %v", damage, c.damage)
			}
			// What is written anew is right, and stays.
			write(t, file, want, 0)
			must(t, file.Sync())
			wantFile(t, f, "/a", want)
			wantFile(t, f.Image(), "/a", want)
		})
	}
}

// A directory that lies is told of with no bytes, and its names are lost with the power.
func TestDirectoryLies(t *testing.T) {
	f, file := faulty(t)
	must(t, file.Sync())
	must(t, f.Rename("/a", "/b"))
	told := 0
	f.OnDamage(func(path string, off, n int64) {
		if told++; path != "/" || off != 0 || n != 0 {
			t.Errorf("%d bytes at %d of %s are damaged", n, off, path)
		}
	})
	f.Inject(simfs.Fault{Kind: simfs.Lie})
	must(t, f.SyncDir("/"))
	if told != 1 {
		t.Errorf("told %d times", told)
	}
	if _, err := f.Image().ReadFile("/b"); err == nil {
		t.Error("the new name is durable")
	}
	f.ClearFaults()
	must(t, f.SyncDir("/"))
	if _, err := f.Image().ReadFile("/b"); err != nil || told != 1 {
		t.Errorf("%v, told %d times", err, told)
	}
}

func patched(b, p []byte, off int) []byte {
	b = bytes.Clone(b)
	copy(b[off:], p)
	return b
}

// TestRotIsDurable: what has rotted is so after a crash, too, and the content
// that others share is not touched.
func TestRotIsDurable(t *testing.T) {
	known := simfs.NewContent(pattern(page))
	f, other := newFS(), newFS()
	for _, disk := range []*simfs.FS{f, other} {
		disk.Know("/a", known)
		create(t, disk, "/a", string(pattern(page)))
		must(t, disk.SyncDir("/"))
	}
	f.Inject(simfs.Fault{Kind: simfs.Rot})
	open(t, f, "/a", 0).ReadAt(make([]byte, 1), 5)
	wantFile(t, f.Image(), "/a", patched(pattern(page), []byte{pattern(page)[5] ^ 1}, 5))
	wantFile(t, other, "/a", pattern(page))
}

// TestFaultChoice: by a range of bytes, and by chance.
func TestFaultChoice(t *testing.T) {
	f, file := faulty(t)
	f.Inject(simfs.Fault{Ops: simfs.OpRead, From: page, To: 2 * page, Err: syscall.EIO})
	for _, c := range []struct {
		off   int64
		n     int
		fails bool
	}{{0, page, false}, {0, page + 1, true}, {2*page - 1, 1, true}, {2 * page, page, false}} {
		if _, err := file.ReadAt(make([]byte, c.n), c.off); (err != nil) != c.fails {
			t.Errorf("%d bytes at %d: %v", c.n, c.off, err)
		}
	}
	if _, err := f.Stat("/a"); err != nil {
		t.Error("a range has no bearing on Stat:", err)
	}
	f.ClearFaults()

	draw := func() (failed []int) {
		remove := f.Inject(simfs.Fault{Ops: simfs.OpRead, After: 10, Count: 20, Percent: 30, Rand: rand.NewPCG(1, 2), Err: syscall.EIO})
		defer remove()
		for i := range 200 {
			if _, err := file.ReadAt(make([]byte, 1), 0); err != nil {
				failed = append(failed, i)
			}
		}
		return failed
	}
	first := draw()
	if len(first) != 20 || first[0] < 10 || first[19] < 40 || first[19] > 150 {
		t.Errorf("at 30 percent the reads %v fail", first)
	}
	if again := draw(); !slices.Equal(again, first) {
		t.Errorf("the same stream gives %v and then %v", first, again)
	}
}

func TestSlow(t *testing.T) {
	f, file := faulty(t)
	f.Inject(simfs.Fault{Kind: simfs.Slow, Ops: simfs.OpRead, Count: 2, Delay: time.Second})
	f.Inject(simfs.Fault{Ops: simfs.OpRead, Count: 1, Err: syscall.EIO, Delay: time.Minute})
	if _, err := file.ReadAt(make([]byte, 1), 0); !errors.Is(err, syscall.EIO) {
		t.Errorf("slow and failing: %v", err)
	}
	for range 3 {
		if _, err := file.ReadAt(make([]byte, 1), 0); err != nil {
			t.Error(err)
		}
	}
	if got, want := f.Delay(), time.Minute+2*time.Second; got != want {
		t.Errorf("delayed by %v, want %v", got, want)
	}
}

func TestQuotaAndLargestFile(t *testing.T) {
	f := newFS()
	f.SetQuota(2 * page)
	file := open(t, f, "/a", rw)
	if n, err := file.WriteAt(pattern(3*page), 0); n != 2*page || !errors.Is(err, syscall.EDQUOT) {
		t.Errorf("over the quota: %d, %v", n, err)
	}
	f.SetQuota(0)
	f.SetMaxFile(3 * page)
	write(t, file, pattern(3*page), 0)
	if n, err := file.WriteAt([]byte{1}, 3*page); n != 0 || !errors.Is(err, syscall.EFBIG) {
		t.Errorf("longer than a file may be: %d, %v", n, err)
	}
	if err := file.Truncate(3*page + 1); !errors.Is(err, syscall.EFBIG) {
		t.Errorf("Truncate to longer than a file may be: %v", err)
	}
}

// TestByOther: somebody else is not hindered, and leaves no trace but what was
// done; who has a file open keeps it.
func TestByOther(t *testing.T) {
	f, file := faulty(t)
	f.SetMaxOpen(1)
	f.Inject(simfs.Fault{Err: syscall.EIO})
	f.OnWrite(func(path string, _ int64, _ int) { t.Errorf("%s is said to be written by the program", path) })
	f.OnOp(func(op simfs.Op, path string) { t.Errorf("%v of %s is said to be the program's", op, path) })
	before, _ := f.Meter()
	must(t, f.ByOther(func(fs afero.Fs) error {
		if err := afero.WriteFile(fs, "/b", []byte("other"), 0o644); err != nil {
			return err
		}
		return fs.Rename("/b", "/a")
	}))
	if after, _ := f.Meter(); after != before {
		t.Errorf("%d operations are on the bill of the program", after-before)
	}
	wantFile(t, f, "/a", []byte("other"))
	f.OnOp(nil)
	if _, err := f.Stat("/a"); err == nil {
		t.Error("the fault is gone")
	}
	f.ClearFaults()
	if !bytes.Equal(readAll(t, file), pattern(3*page)) {
		t.Error("who has the old file open reads something else")
	}
	if f.ByOther(func(fs afero.Fs) error { return io.ErrUnexpectedEOF }) != io.ErrUnexpectedEOF {
		t.Error("the error is lost")
	}
}

func TestSuspicions(t *testing.T) {
	f := newFS()
	f.Suspect(true)
	one, two := open(t, f, "/a", rw), open(t, f, "/a", rw)
	write(t, one, pattern(100), 0)
	write(t, two, pattern(100), 100)
	write(t, one, pattern(50), 50) // its own bytes
	write(t, two, pattern(10), 95) // the other's
	must(t, one.Sync())
	write(t, two, pattern(10), 0) // which are durable by now
	must(t, two.Close())
	write(t, one, pattern(10), 0) // nobody else is there
	must(t, one.Truncate(10*page))
	one.ReadAt(make([]byte, 100), 50)
	one.ReadAt(make([]byte, 100), page-50)
	one.ReadAt(make([]byte, 100), 20*page)
	if got, want := f.Suspicions(), []string{"overlap /a 95+10", "unwritten /a 16334+100"}; !slices.Equal(got, want) {
		t.Errorf("suspicions %q, want %q", got, want)
	}
}

// TestWindows and its like: what other systems do differently.
func TestWindows(t *testing.T) {
	f := newFS()
	f.SetStyle(simfs.Windows)
	must(t, f.Mkdir("/Dir", 0o777))
	file := open(t, f, "/dir/File.TXT", rw)
	write(t, file, []byte("x"), 0)
	if got, want := tree(t, f), "/Dir/File.TXT=x"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	wantErr := func(what string, err error, want syscall.Errno) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	_, err := f.OpenFile("/DIR/file.txt", os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	wantErr("the same name in other case", err, syscall.EEXIST)
	for _, name := range []string{"con", "LPT1.txt", "nul.tar.gz", "a:b", "a?", "dot.", "space ", "tab\t"} {
		_, err := f.Create("/" + name)
		wantErr("create "+name, err, syscall.EINVAL)
		wantErr("mkdir "+name, f.Mkdir("/"+name, 0o777), syscall.EINVAL)
		_, err = f.Stat("/" + name)
		wantErr("stat "+name, err, syscall.ENOENT)
	}
	must(t, open(t, f, "/console", rw).Close())
	wantErr("rename to a device", f.Rename("/console", "/aux"), syscall.EINVAL)
	wantErr("remove of an open file", f.Remove("/dir/file.txt"), syscall.EACCES)
	wantErr("rename of an open file", f.Rename("/dir/file.txt", "/x"), syscall.EACCES)
	wantErr("rename onto an open file", f.Rename("/console", "/dir/file.txt"), syscall.EACCES)
	wantErr("rename of its directory", f.Rename("/dir", "/x"), syscall.EACCES)
	wantErr("sync of a directory", open(t, f, "/dir", 0).Sync(), syscall.EINVAL)
	must(t, f.SyncDir("/dir"))
	must(t, file.Sync())
	must(t, file.Close())
	f.PowerLoss() // the names are durable without being asked for
	if got, want := tree(t, f), "/Dir/File.TXT=x /console="; got != want {
		t.Errorf("after a loss of power %q, want %q", got, want)
	}
	must(t, f.Rename("/dir/FILE.txt", "/dir/other"))
	must(t, f.Remove("/DIR/OTHER"))
	must(t, f.Remove("/DIR"))
}

func TestMacOS(t *testing.T) {
	f := newFS()
	f.SetStyle(simfs.MacOS)
	must(t, open(t, f, "/caf\u00e9", rw).Close())
	if got, want := tree(t, f), "/cafe\u0301="; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, name := range []string{"/caf\u00e9", "/cafe\u0301", "/CAF\u00c9"} {
		if _, err := f.Stat(name); err != nil {
			t.Error(err)
		}
	}
}

func TestFAT32(t *testing.T) {
	now := epoch
	f := simfs.New(func() time.Time { return now })
	f.SetStyle(simfs.FAT32)
	now = epoch.Add(time.Second + 1)
	file := open(t, f, "/a", rw)
	write(t, file, []byte("x"), 3*page)
	if got := f.Allocated(); got != 4*page {
		t.Errorf("%d bytes are allocated: there are holes", got)
	}
	info, err := file.Stat()
	must(t, err)
	if got := info.ModTime(); got.Nanosecond() != 0 || got.Second()%2 != 0 {
		t.Errorf("written at %v", got)
	}
	if _, err := file.WriteAt([]byte("x"), 4<<30-1); !errors.Is(err, syscall.EFBIG) {
		t.Errorf("byte 4 GiB: %v", err)
	}
	f.SetCapacity(6 * page)
	if err := file.Truncate(7 * page); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("grown past what there is: %v", err)
	}
}
