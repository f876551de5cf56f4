package simfs_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/afero"
)

// TestDifferential runs scripts on a real disk and on a simulated one, under the
// same names, and wants the same log of results.
func TestDifferential(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("simfs behaves as Linux does")
	}
	scripts := map[string]func(s *script){
		"offsets": func(s *script) {
			f := s.open("f", os.O_RDWR|os.O_CREATE)
			f.write("hello")
			f.writeAt("HE", 0)
			f.write(" world")
			f.readAt(20, 3)
			f.readAt(3, 3)
			f.readAt(0, 100)
			f.readAt(1, 11)
			f.readAt(1, -1)
			f.writeAt("x", -1)
			f.read(4)
			f.seek(2, io.SeekStart)
			f.read(4)
			f.seek(-3, io.SeekEnd)
			f.read(10)
			f.read(10)
			f.seek(-100, io.SeekCurrent)
			f.seek(0, 7)
			f.writeAt("far", 100_000)
			f.readAt(5, 50_000)
			f.readAt(10, 99_995)
			f.truncate(4)
			f.truncate(8)
			f.readAt(10, 0)
			f.truncate(-1)
			f.write("")
			f.close()
			f.close()
			f.read(1)
			f.write("x")
			f.writeAt("x", 0)
			f.readAt(1, 0)
			f.seek(0, 0)
			f.truncate(0)
			f.stat()
			f.sync()
		},
		"flags": func(s *script) {
			s.open("missing", os.O_RDWR)
			s.open("no/f", os.O_RDWR|os.O_CREATE)
			s.open("f", os.O_WRONLY|os.O_CREATE|os.O_EXCL).write("12345")
			s.open("f", os.O_WRONLY|os.O_CREATE|os.O_EXCL)
			r := s.open("f", os.O_RDONLY)
			r.write("x")
			r.write("")
			r.writeAt("x", 0)
			r.writeAt("", 0)
			r.truncate(1)
			r.read(9)
			r.sync()
			r.readdir(0)
			w := s.open("f", os.O_WRONLY)
			w.read(1)
			w.read(0)
			w.readAt(1, 0)
			w.write("ab")
			a := s.open("f", os.O_RDWR|os.O_APPEND)
			a.write("67")
			a.writeAt("x", 0)
			w.writeAt("longer than before", 0)
			a.write("end")
			a.seek(0, io.SeekCurrent)
			a.seek(0, io.SeekStart)
			a.read(100)
			s.open("f", os.O_RDWR|os.O_TRUNC)
			r.readAt(5, 0)
			a.write("again")
			a.stat()
			s.open("f/g", os.O_RDONLY)
			s.open("f/g", os.O_RDWR|os.O_CREATE)
			s.open("f/", os.O_RDONLY)
			s.open("f/.", os.O_RDONLY)
			s.open("", os.O_RDONLY)
			s.open("nul\x00", os.O_RDWR|os.O_CREATE)
			s.open(strings.Repeat("n", 256), os.O_RDWR|os.O_CREATE)
			s.open(strings.Repeat("n", 255), os.O_RDWR|os.O_CREATE)
			s.open(strings.Repeat("d/", 3000)+"f", os.O_RDONLY)
			s.open("new/", os.O_RDWR|os.O_CREATE)
		},
		"directories": func(s *script) {
			s.mkdir("d")
			s.mkdir("d")
			s.mkdir("x/y")
			s.mkdirAll("x/y/z")
			s.mkdirAll("x/y/z")
			s.open("x/f", os.O_RDWR|os.O_CREATE).write("1")
			s.mkdir("x/f")
			s.mkdir("x/f/g")
			s.mkdirAll("x/f")
			s.mkdirAll("x/f/g")
			s.mkdirAll("")
			s.mkdir("")
			s.mkdir("slash/")
			s.stat("slash/")
			s.stat("x/../d")
			s.stat("gone/../d")
			s.stat("x/f/../f")
			s.stat("x/./y/..")
			d := s.open("x", os.O_RDONLY)
			d.readdir(-1)
			d.readdir(-1)
			d.readdir(1)
			d.seek(0, io.SeekStart)
			d.readdir(10)
			d.readdir(10)
			d.write("x")
			d.truncate(0)
			d.sync()
			d.close()
			s.open("x", os.O_RDWR)
			s.open("x", os.O_WRONLY)
			s.open("x", os.O_RDONLY|os.O_CREATE)
			s.open("x", os.O_RDWR|os.O_CREATE|os.O_EXCL)
		},
		"remove": func(s *script) {
			s.remove("missing")
			s.remove("no/f")
			s.remove("")
			s.mkdirAll("a/b/c")
			f := s.open("a/f", os.O_RDWR|os.O_CREATE)
			f.write("kept")
			s.remove("a")
			s.remove("a/f/")
			s.remove("a/f/x")
			s.remove("a/f")
			s.stat("a/f")
			f.readAt(9, 0)
			f.writeAt("still", 0)
			f.readAt(9, 0)
			s.open("a/f", os.O_RDWR|os.O_CREATE).readAt(9, 0)
			s.remove("a/b/c/")
			s.remove("a/b/.")
			s.remove("a/b")
			s.mkdirAll("a/b/c/d")
			s.open("a/b/c/g", os.O_RDWR|os.O_CREATE)
			s.removeAll("a/f/x")
			s.removeAll("a/f/x/y")
			s.removeAll("a/.")
			s.removeAll("")
			s.removeAll("missing/x")
			s.removeAll("a")
			s.removeAll("a")
			s.stat("a")
		},
		"rename": func(s *script) {
			s.rename("missing", "x")
			f := s.open("f", os.O_RDWR|os.O_CREATE)
			f.write("first")
			g := s.open("g", os.O_RDWR|os.O_CREATE)
			g.write("second")
			s.rename("f", "no/f")
			s.rename("f", "g/f")
			s.rename("f", "f")
			s.rename("f", "")
			s.rename("", "f")
			s.rename("f", "g")
			s.stat("f")
			f.writeAt("FI", 0)
			g.readAt(9, 0)
			s.open("g", os.O_RDONLY).read(9)
			s.mkdirAll("d/e")
			s.mkdir("empty")
			s.rename("g", "d")
			s.rename("d", "g")
			s.rename("d", "empty")
			s.rename("d", "d")
			s.rename("d", "d/e/d")
			s.rename("missing", "d")
			s.rename("d/e", "empty/e/")
			s.rename("g", "h/")
			s.rename("g/", "h")
			s.rename("g", "empty/e/h")
			s.stat("empty/e/h")
			s.stat("empty/e/../../d")
			s.rename("empty", "moved")
			f.readAt(9, 0)
			s.stat("moved/e/h")
		},
		"change": func(s *script) {
			s.log("chmod", s.fs.Chmod(s.path("f"), 0o600))
			s.log("chtimes", s.fs.Chtimes(s.path("f"), epoch, epoch))
			s.log("chown", s.fs.Chown(s.path("f"), os.Getuid(), os.Getgid()))
			s.open("f", os.O_RDWR|os.O_CREATE)
			s.log("chmod", s.fs.Chmod(s.path("f"), 0o640))
			s.log("chtimes", s.fs.Chtimes(s.path("f"), epoch, epoch))
			s.log("chown", s.fs.Chown(s.path("f"), os.Getuid(), os.Getgid()))
			if i, err := s.fs.Stat(s.path("f")); err == nil {
				s.log(i.Name(), nil, i.Mode(), i.ModTime().UTC())
			}
		},
	}
	for name, run := range scripts {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			sim := newFS()
			must(t, sim.MkdirAll(dir, 0o777))
			disk, simulated := &script{fs: afero.NewOsFs(), dir: dir}, &script{fs: sim, dir: dir}
			run(disk)
			run(simulated)
			disk.closeAll()
			for i, want := range disk.lines {
				if got := simulated.lines[i]; got != want {
					t.Errorf("step %d:\n  disk %s\n simfs %s", i, want, got)
				}
			}
		})
	}
}

// script performs operations on a file system and logs what came of each.
type script struct {
	fs    afero.Fs
	dir   string
	lines []string
	files []afero.File
}

// scriptFile is an open file of a script; one that failed to open does nothing.
type scriptFile struct {
	*script
	afero.File
}

func (s *script) path(name string) string {
	if name == "" {
		return ""
	}
	return s.dir + "/" + name
}

func (s *script) log(op string, err error, results ...any) {
	s.lines = append(s.lines, fmt.Sprint(op, " ", kind(err), " ", results))
}

// kind reduces an error to what a program can ask of it.
func kind(err error) string {
	var errno syscall.Errno
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &errno):
		return fmt.Sprintf("%v exist=%v notExist=%v", errno, errors.Is(err, fs.ErrExist), errors.Is(err, fs.ErrNotExist))
	case err == io.EOF:
		return "EOF"
	case errors.Is(err, fs.ErrClosed):
		return "closed"
	}
	return "an error"
}

func (s *script) closeAll() {
	for _, f := range s.files {
		f.Close() // again, for some
	}
}

func (s *script) open(name string, flag int) scriptFile {
	f, err := s.fs.OpenFile(s.path(name), flag, 0o666)
	s.log(fmt.Sprintf("open %.20q %#x", name, flag), err, f == nil)
	if f != nil {
		s.files = append(s.files, f)
	}
	return scriptFile{s, f}
}

func (s *script) mkdir(name string)     { s.log("mkdir "+name, s.fs.Mkdir(s.path(name), 0o777)) }
func (s *script) mkdirAll(name string)  { s.log("mkdirAll "+name, s.fs.MkdirAll(s.path(name), 0o777)) }
func (s *script) remove(name string)    { s.log("remove "+name, s.fs.Remove(s.path(name))) }
func (s *script) removeAll(name string) { s.log("removeAll "+name, s.fs.RemoveAll(s.path(name))) }
func (s *script) rename(old, name string) {
	s.log("rename "+old+" "+name, s.fs.Rename(s.path(old), s.path(name)))
}

func (s *script) stat(name string) {
	i, err := s.fs.Stat(s.path(name))
	s.logStat("stat "+name, i, err)
}

func (s *script) logStat(op string, i fs.FileInfo, err error) {
	switch {
	case err != nil:
		s.log(op, err)
	case i.IsDir():
		s.log(op, nil, i.Name(), "directory")
	default:
		s.log(op, nil, i.Name(), i.Size())
	}
}

func (f scriptFile) write(p string) {
	if f.File != nil {
		n, err := f.File.Write([]byte(p))
		f.log("write "+p, err, n)
	}
}

func (f scriptFile) writeAt(p string, off int64) {
	if f.File != nil {
		n, err := f.File.WriteAt([]byte(p), off)
		f.log(fmt.Sprint("writeAt ", p, off), err, n)
	}
}

func (f scriptFile) read(n int) {
	if f.File != nil {
		p := make([]byte, n)
		n, err := f.File.Read(p)
		f.log("read", err, n, string(p))
	}
}

func (f scriptFile) readAt(n int, off int64) {
	if f.File != nil {
		p := make([]byte, n)
		n, err := f.File.ReadAt(p, off)
		f.log(fmt.Sprint("readAt ", off), err, n, string(p))
	}
}

func (f scriptFile) seek(off int64, whence int) {
	at, err := f.File.Seek(off, whence)
	f.log(fmt.Sprint("seek ", off, whence), err, at)
}

func (f scriptFile) readdir(n int) {
	list, err := f.File.Readdir(n)
	names := []string{}
	for _, i := range list {
		names = append(names, i.Name())
	}
	slices.Sort(names) // a real directory has no order
	f.log("readdir", err, names)
}

func (f scriptFile) truncate(size int64) { f.log(fmt.Sprint("truncate ", size), f.File.Truncate(size)) }
func (f scriptFile) sync()               { f.log("sync", f.File.Sync()) }
func (f scriptFile) close()              { f.log("close", f.File.Close()) }
func (f scriptFile) stat() {
	i, err := f.File.Stat()
	f.logStat("fstat", i, err)
}
