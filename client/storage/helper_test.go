package storage

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"bt/client/bitfield"
	"bt/client/metainfo"

	"github.com/spf13/afero"
)

// testFile describes a file of a test torrent; a path that starts with ".pad/"
// is a pad.
type testFile struct {
	path   string
	length int
}

// torrent is a torrent with its content, which has no zero byte outside of
// pads: what was never written cannot pass for content.
type torrent struct {
	info *metainfo.Info
	data []byte
}

type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func newTorrent(t fataler, pieceLength int, files ...testFile) *torrent {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, uint64(pieceLength)))
	var data []byte
	for _, f := range files {
		for range f.length {
			if strings.HasPrefix(f.path, ".pad/") {
				data = append(data, 0)
			} else {
				data = append(data, byte(1+rng.IntN(255)))
			}
		}
	}
	return withData(t, pieceLength, data, files...)
}

func withData(t fataler, pieceLength int, data []byte, files ...testFile) *torrent {
	t.Helper()
	var hashes []byte
	for rest := data; len(rest) > 0; {
		n := min(pieceLength, len(rest))
		sum := sha1.Sum(rest[:n])
		hashes = append(hashes, sum[:]...)
		rest = rest[n:]
	}
	var b strings.Builder
	b.WriteString("d4:infod5:filesl")
	for _, f := range files {
		b.WriteString("d")
		if strings.HasPrefix(f.path, ".pad/") {
			b.WriteString("4:attr1:p")
		}
		fmt.Fprintf(&b, "6:lengthi%de4:pathl", f.length)
		for _, name := range strings.Split(f.path, "/") {
			fmt.Fprintf(&b, "%d:%s", len(name), name)
		}
		b.WriteString("ee")
	}
	fmt.Fprintf(&b, "e4:name4:data12:piece lengthi%de6:pieces%d:%see", pieceLength, len(hashes), hashes)
	m, err := metainfo.Parse([]byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return &torrent{info: &m.Info, data: data}
}

func (tr *torrent) piece(p int) []byte {
	start := int64(p) * tr.info.PieceLength
	return tr.data[start : start+tr.info.PieceSize(p)]
}

// file returns the content of a file.
func (tr *torrent) file(i int) []byte {
	f := tr.info.Files[i]
	return tr.data[f.Offset : f.Offset+f.Length]
}

func open(t fataler, fsys afero.Fs, dir string, tr *torrent, prios ...int) (*Store, bitfield.Bitfield) {
	t.Helper()
	s, err := Open(fsys, dir, tr.info, Options{Priorities: prios})
	if err != nil {
		t.Fatal(err)
	}
	present, err := s.Prepare()
	if err != nil {
		t.Fatal(err)
	}
	return s, present
}

func mustWrite(t fataler, s *Store, piece int, blocks ...Block) {
	t.Helper()
	if err := s.Write(piece, blocks); err != nil {
		t.Fatal(err)
	}
}

func wantCheck(t fataler, s *Store, piece int, want bool) {
	t.Helper()
	if ok, err := s.Check(piece); err != nil || ok != want {
		t.Fatalf("Check(%d) = %v, %v; want %v", piece, ok, err, want)
	}
}

func wantRead(t fataler, s *Store, piece int, want []byte) {
	t.Helper()
	got := bytes.Repeat([]byte{0xEE}, len(want))
	if err := s.Read(piece, 0, got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("piece %d reads wrong", piece)
	}
}

func mustClose(t fataler, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// tree lists the regular files below dir with their sizes, in order.
func tree(t fataler, dir string) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		fi, err := d.Info()
		rel, _ := filepath.Rel(dir, path)
		list = append(list, fmt.Sprintf("%s %d", filepath.ToSlash(rel), fi.Size()))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func hasPart(t fataler, dir string) bool {
	t.Helper()
	for _, f := range tree(t, dir) {
		if strings.Contains(f, ".bt-part") {
			return true
		}
	}
	return false
}

// faultFs calls fault before everything that changes the disk; an error from
// it is what the caller gets.
type faultFs struct {
	afero.Fs
	fault func(op, path string) error
}

func (f *faultFs) OpenFile(name string, flag int, perm os.FileMode) (afero.File, error) {
	op := "open"
	if flag&os.O_CREATE != 0 {
		op = "create"
	}
	if err := f.fault(op, name); err != nil {
		return nil, &fs.PathError{Op: op, Path: name, Err: err}
	}
	file, err := f.Fs.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return &faultFile{file, f}, nil
}

func (f *faultFs) Open(name string) (afero.File, error) { return f.OpenFile(name, os.O_RDONLY, 0) }

func (f *faultFs) Mkdir(name string, perm os.FileMode) error {
	if err := f.fault("mkdir", name); err != nil {
		return err
	}
	return f.Fs.Mkdir(name, perm)
}

func (f *faultFs) Rename(from, to string) error {
	if err := f.fault("rename", to); err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return f.Fs.Rename(from, to)
}

func (f *faultFs) Remove(name string) error {
	if err := f.fault("remove", name); err != nil {
		return err
	}
	return f.Fs.Remove(name)
}

type faultFile struct {
	afero.File
	fs *faultFs
}

func (f *faultFile) WriteAt(p []byte, off int64) (int, error) {
	if err := f.fs.fault("write", f.Name()); err != nil {
		n, _ := f.File.WriteAt(p[:len(p)/2], off) // as a full disk does
		return n, &fs.PathError{Op: "write", Path: f.Name(), Err: err}
	}
	return f.File.WriteAt(p, off)
}

func (f *faultFile) Sync() error {
	if err := f.fs.fault("sync", f.Name()); err != nil {
		return err
	}
	return f.File.Sync()
}

// looseFs does not wait for the disk: for tests of many files, not of durability.
type looseFs struct{ afero.Fs }

func (l looseFs) OpenFile(name string, flag int, perm os.FileMode) (afero.File, error) {
	f, err := l.Fs.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return looseFile{f}, nil
}

func (l looseFs) Open(name string) (afero.File, error) { return l.OpenFile(name, os.O_RDONLY, 0) }

type looseFile struct{ afero.File }

func (looseFile) Sync() error { return nil }

var errFault = errors.New("injected fault")

func sha256Sum(b []byte) [sha256.Size]byte { return sha256.Sum256(b) }
