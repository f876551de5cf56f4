package simfs_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/spf13/afero"

	"bt/simnet/simfs"
)

const rw = os.O_RDWR | os.O_CREATE

func TestReader(t *testing.T) {
	for _, limit := range []int{0, 1, 1000} {
		f := newFS()
		f.LimitTransfer(limit, limit)
		p := pattern(2*page + 100)
		file := open(t, f, "/a", rw)
		write(t, file, p, 0)
		must(t, iotest.TestReader(file, p))
	}
}

func TestTimesComeFromTheClock(t *testing.T) {
	now := epoch
	f := simfs.New(func() time.Time { return now })
	file := open(t, f, "/a", rw)
	for _, change := range []func(){
		func() { write(t, file, []byte("x"), 0) },
		func() { must(t, file.Truncate(9)) },
		func() { must(t, f.Chtimes("/a", time.Time{}, now)) },
	} {
		now = now.Add(time.Hour)
		change()
		i, err := f.Stat("/a")
		must(t, err)
		if !i.ModTime().Equal(now) {
			t.Errorf("modified at %v, want %v", i.ModTime(), now)
		}
	}
}

func TestReaddirIsSorted(t *testing.T) {
	f := newFS()
	for _, name := range []string{"b", "a", "d", "c"} {
		open(t, f, name, rw)
	}
	dir := open(t, f, "/", os.O_RDONLY)
	var got []string
	for {
		list, err := dir.Readdir(3)
		if err == io.EOF {
			break
		}
		must(t, err)
		for _, i := range list {
			got = append(got, i.Name())
		}
	}
	if want := []string{"a", "b", "c", "d"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if _, err := dir.Read(make([]byte, 1)); !errors.Is(err, syscall.EISDIR) {
		t.Errorf("read of a directory: %v", err)
	}
}

func TestSparse(t *testing.T) {
	f := newFS()
	file := open(t, f, "/a", rw)
	const far = 1 << 40
	write(t, file, []byte("far"), far)
	if got := f.Allocated(); got != page {
		t.Errorf("%d bytes are allocated, want a page", got)
	}
	seeker := file.(simfs.DataSeeker)
	for _, c := range []struct {
		off, want int64
		err       error
	}{{0, far, nil}, {300 * page, far, nil}, {far + 1, far + 1, nil}, {far + 3, 0, io.EOF}, {far + page, 0, io.EOF}} {
		if got, err := seeker.NextData(c.off); got != c.want || err != c.err {
			t.Errorf("NextData(%d) = %d, %v, want %d, %v", c.off, got, err, c.want, c.err)
		}
	}
	if _, err := file.WriteAt([]byte("xy"), 16<<40-1); !errors.Is(err, syscall.EFBIG) {
		t.Errorf("write past the largest size: %v", err)
	}
	if err := file.Truncate(16<<40 + 1); !errors.Is(err, syscall.EFBIG) {
		t.Errorf("truncate past the largest size: %v", err)
	}
}

func TestCapacity(t *testing.T) {
	f := newFS()
	f.SetCapacity(3*page + 5)
	a := open(t, f, "/a", rw)
	write(t, a, pattern(page), 5*page)
	if got := f.Free(); got != 2*page+5 {
		t.Errorf("%d bytes are free, want 2 pages and 5", got)
	}

	n, err := a.WriteAt(pattern(3*page), 100)
	if n != 2*page-100 || !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("WriteAt = %d, %v, want to the end of the second page and ENOSPC", n, err)
	}
	write(t, a, pattern(2*page), 0) // what is allocated can be overwritten
	if n, err = a.WriteAt([]byte("x"), 2*page); n != 0 || !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("WriteAt = %d, %v, want 0 and ENOSPC", n, err)
	}

	must(t, f.Remove("/a"))
	if f.Allocated() != 3*page {
		t.Error("an open file was freed")
	}
	must(t, a.Close())
	if f.Allocated() != 0 {
		t.Error("a removed file is still allocated")
	}

	b := open(t, f, "/b", rw)
	write(t, b, pattern(3*page), 0)
	must(t, b.Truncate(page+1))
	if f.Allocated() != 2*page {
		t.Errorf("%d bytes are allocated after Truncate, want 2 pages", f.Allocated())
	}
	write(t, open(t, f, "/c", rw), pattern(1), 0)
	must(t, f.Rename("/c", "/b"))
	must(t, b.Close())
	if f.Allocated() != page {
		t.Errorf("%d bytes are allocated after a file was replaced, want a page", f.Allocated())
	}
}

func TestMaxOpen(t *testing.T) {
	f := newFS()
	f.SetMaxOpen(1)
	a := open(t, f, "/a", rw)
	if _, err := f.Open("/"); !errors.Is(err, syscall.EMFILE) {
		t.Errorf("second open: %v", err)
	}
	must(t, a.Close())
	open(t, f, "/a", rw)
}

func TestMeter(t *testing.T) {
	f := newFS()
	measure := func(what string, ops, bytes int64, do func()) {
		t.Helper()
		o, b := f.Meter()
		do()
		o2, b2 := f.Meter()
		if o2-o != ops || b2-b != bytes {
			t.Errorf("%s: %d operations and %d bytes, want %d and %d", what, o2-o, b2-b, ops, bytes)
		}
	}
	file := open(t, f, "/a", rw)
	measure("write", 1, 100, func() { write(t, file, pattern(100), page-50) })
	measure("sync", 1, 2*page, func() { must(t, file.Sync()) })
	measure("sync again", 1, 0, func() { must(t, file.Sync()) })
	measure("read", 1, 30, func() { file.ReadAt(make([]byte, 30), 0) })
	measure("oracle", 0, 0, func() { f.ReadFile("/a"); f.Equal("/a", nil); f.Files() })
	f.LimitTransfer(10, 20)
	measure("write in steps", 5, 100, func() { write(t, file, pattern(100), 0) })
	measure("read in steps", 3, 30, func() { file.ReadAt(make([]byte, 30), 0) })
	measure("short read", 1, 10, func() { file.Read(make([]byte, 30)) })
}

// TestFaultsHitEveryOperation fails each kind of operation, and only that.
func TestFaultsHitEveryOperation(t *testing.T) {
	for _, c := range []struct {
		op simfs.Op
		do func(f *simfs.FS, a afero.File) error
	}{
		{simfs.OpOpen, func(f *simfs.FS, _ afero.File) error { _, err := f.Open("/d/a"); return err }},
		{simfs.OpOpenWrite, func(f *simfs.FS, _ afero.File) error { _, err := f.Create("/d/new"); return err }},
		{simfs.OpRead, func(_ *simfs.FS, a afero.File) error { _, err := a.ReadAt(make([]byte, 1), 0); return err }},
		{simfs.OpRead, func(_ *simfs.FS, a afero.File) error { _, err := a.(simfs.DataSeeker).NextData(0); return err }},
		{simfs.OpWrite, func(_ *simfs.FS, a afero.File) error { _, err := a.WriteString("x"); return err }},
		{simfs.OpTruncate, func(_ *simfs.FS, a afero.File) error { return a.Truncate(1) }},
		{simfs.OpSync, func(_ *simfs.FS, a afero.File) error { return a.Sync() }},
		{simfs.OpSync, func(f *simfs.FS, _ afero.File) error { return f.SyncDir("/d") }},
		{simfs.OpClose, func(_ *simfs.FS, a afero.File) error { return a.Close() }},
		{simfs.OpReaddir, func(f *simfs.FS, _ afero.File) error {
			dir, err := f.Open("/d")
			if err == nil {
				_, err = dir.Readdirnames(-1)
			}
			return err
		}},
		{simfs.OpStat, func(f *simfs.FS, _ afero.File) error { _, err := f.Stat("/d/a"); return err }},
		{simfs.OpStat, func(_ *simfs.FS, a afero.File) error { _, err := a.Stat(); return err }},
		{simfs.OpStat, func(f *simfs.FS, _ afero.File) error { _, err := f.FreeSpace("/d"); return err }},
		{simfs.OpMkdir, func(f *simfs.FS, _ afero.File) error { return f.MkdirAll("/d/e/g", 0o777) }},
		{simfs.OpRename, func(f *simfs.FS, _ afero.File) error { return f.Rename("/d/a", "/b") }},
		{simfs.OpRename, func(f *simfs.FS, _ afero.File) error { return f.Rename("/c", "/d/c") }},
		{simfs.OpRemove, func(f *simfs.FS, _ afero.File) error { return f.RemoveAll("/d") }},
		{simfs.OpChange, func(f *simfs.FS, _ afero.File) error { return f.Chmod("/d/a", 0o600) }},
	} {
		for _, fails := range []bool{true, false} {
			f := newFS()
			must(t, f.Mkdir("/d", 0o777))
			a := open(t, f, "/d/a", rw)
			write(t, a, pattern(10), 0)
			open(t, f, "/c", rw)
			ops := c.op
			if !fails {
				ops = simfs.OpAll &^ (c.op | simfs.OpOpen) // a directory is opened before it is listed
				if c.op == simfs.OpOpen {
					ops = simfs.OpAll &^ c.op
				}
			}
			before := f.Files()
			f.Inject(simfs.Fault{Ops: ops, Path: "/d", Err: syscall.EIO})
			err := c.do(f, a)
			if errors.Is(err, syscall.EIO) != fails || !fails && err != nil {
				t.Errorf("operation %b under a fault of %b: %v", c.op, ops, err)
			}
			var pathErr *fs.PathError
			if fails && (!errors.As(err, &pathErr) || !slices.Equal(f.Files(), before)) {
				t.Errorf("operation %b failed with %#v and left %v", c.op, err, f.Files())
			}
		}
	}
}

func TestFaultPathsAndCounts(t *testing.T) {
	paths := []string{"/a", "/ab", "/d/a", "/d/e/a", "/f.part"}
	for _, c := range []struct {
		fault simfs.Fault
		want  []string // which of three rounds of Stats fail
	}{
		{simfs.Fault{}, []string{"/a /ab /d/a /d/e/a /f.part", "/a /ab /d/a /d/e/a /f.part", "/a /ab /d/a /d/e/a /f.part"}},
		{simfs.Fault{Path: "/"}, []string{"/a /ab /d/a /d/e/a /f.part", "/a /ab /d/a /d/e/a /f.part", "/a /ab /d/a /d/e/a /f.part"}},
		{simfs.Fault{Path: "/a"}, []string{"/a", "/a", "/a"}},
		{simfs.Fault{Path: "/d/"}, []string{"/d/a /d/e/a", "/d/a /d/e/a", "/d/a /d/e/a"}},
		{simfs.Fault{Path: "/*.part", Count: 2}, []string{"/f.part", "/f.part", ""}},
		{simfs.Fault{Path: "/d", After: 1, Count: 2}, []string{"/d/e/a", "/d/a", ""}},
		{simfs.Fault{After: 12, Count: 1}, []string{"", "", "/d/a"}},
	} {
		f := newFS()
		must(t, f.MkdirAll("/d/e", 0o777))
		for _, path := range paths {
			open(t, f, path, rw)
		}
		c.fault.Err = syscall.EIO
		remove := f.Inject(c.fault)
		var got []string
		for range 3 {
			var failed []string
			for _, path := range paths {
				if _, err := f.Stat(path); err != nil {
					failed = append(failed, path)
				}
			}
			got = append(got, strings.Join(failed, " "))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.fault, got, c.want)
		}
		for _, end := range []func(){remove, f.ClearFaults} {
			end()
			for _, path := range paths {
				_, err := f.Stat(path)
				must(t, err)
			}
			f.Inject(c.fault)
		}
	}
}

// TestFaultAfterAPart gives a short count: the steps before the fault are done.
func TestFaultAfterAPart(t *testing.T) {
	f := newFS()
	f.LimitTransfer(10, 10)
	file := open(t, f, "/a", rw)
	f.Inject(simfs.Fault{Ops: simfs.OpWrite | simfs.OpRead, After: 2, Count: 1, Err: syscall.EIO})
	if n, err := file.WriteAt(pattern(100), 0); n != 20 || !errors.Is(err, syscall.EIO) {
		t.Fatalf("WriteAt = %d, %v, want 20 and EIO", n, err)
	}
	wantFile(t, f, "/a", pattern(20))
	write(t, file, pattern(100), 0)
}

func TestOracles(t *testing.T) {
	f := newFS()
	var writes []string
	f.OnWrite(func(path string, off int64, n int) { writes = append(writes, fmt.Sprint(path, " ", off, " ", n)) })
	must(t, f.MkdirAll("/d/e", 0o777))
	a, b := open(t, f, "d/a", rw), open(t, f, "/b", rw)
	write(t, a, pattern(100), 50)
	must(t, a.Truncate(9))
	if _, err := b.WriteString("hello"); err != nil {
		t.Fatal(err)
	}
	if want := []string{"/d/a 0 0", "/b 0 0", "/d/a 50 100", "/d/a 9 0", "/b 0 5"}; !slices.Equal(writes, want) {
		t.Errorf("watched %q, want %q", writes, want)
	}
	if got, want := f.Files(), []simfs.FileStat{{Path: "/b", Size: 5, Allocated: page}, {Path: "/d/a", Size: 9, Allocated: page}}; !slices.Equal(got, want) {
		t.Errorf("files %v, want %v", got, want)
	}
	if got, want := f.Dirs(), []string{"/d", "/d/e"}; !slices.Equal(got, want) {
		t.Errorf("directories %v, want %v", got, want)
	}
	if got, want := f.OpenHandles(), []string{"/b", "/d/a"}; !slices.Equal(got, want) {
		t.Errorf("open %v, want %v", got, want)
	}

	must(t, a.Close())
	if err := a.Close(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("second close: %v", err)
	}
	if _, err := a.Stat(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("use after close: %v", err)
	}
	f.Kill()
	if err := b.Close(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("close after the process was killed: %v", err)
	}
	if got, want := f.Misuses(), []string{"close /d/a", "stat /d/a"}; !slices.Equal(got, want) {
		t.Errorf("misuses %q, want %q", got, want)
	}

	for _, c := range []struct {
		want string
		diff int64
		ok   bool
	}{{"hello", 5, true}, {"help!", 3, false}, {"hell", 4, false}, {"hello!", 5, false}, {"", 0, false}} {
		if diff, ok := f.Equal("/b", []byte(c.want)); diff != c.diff || ok != c.ok {
			t.Errorf("Equal(%q) = %d, %v, want %d, %v", c.want, diff, ok, c.diff, c.ok)
		}
	}
	if _, ok := f.Equal("/missing", nil); ok {
		t.Error("a missing file equals nothing")
	}
}

func TestFeaturesCanBeAbsent(t *testing.T) {
	for have := range simfs.Feature(8) {
		f := newFS()
		var only afero.Fs = f.Only(have)
		_, space := only.(simfs.FreeSpacer)
		_, syncDir := only.(simfs.DirSyncer)
		var got simfs.Feature
		if space {
			got |= simfs.FeatureFreeSpace
		}
		if syncDir {
			got |= simfs.FeatureSyncDir
		}
		created, err := only.Create("/a")
		must(t, err)
		opened, err := only.Open("/a")
		must(t, err)
		for _, file := range []afero.File{created, opened, open(t, only, "/a", os.O_RDWR)} {
			_, data := file.(simfs.DataSeeker)
			if data != (have&simfs.FeatureNextData != 0) {
				t.Errorf("%b: NextData is there: %v", have, data)
			}
		}
		if want := have &^ simfs.FeatureNextData; got != want {
			t.Errorf("features %b, want %b", got, want)
		}
		if missing, err := only.Open("/missing"); missing != nil || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("open of nothing: %v, %v", missing, err)
		}
	}
	f := newFS()
	f.SetCapacity(10 * page)
	write(t, open(t, f, "/a", rw), pattern(1), 0)
	if n, err := f.FreeSpace("/"); n != 9*page || err != nil {
		t.Errorf("FreeSpace = %d, %v", n, err)
	}
	if _, err := f.FreeSpace("/missing"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("FreeSpace of nothing: %v", err)
	}
	if err := f.SyncDir("/a"); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("SyncDir of a file: %v", err)
	}
}
