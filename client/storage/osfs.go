package storage

import (
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/afero"
)

// SpaceTeller is what a filesystem may implement that knows how many bytes an
// ordinary user may still write below dir, which exists.
type SpaceTeller interface {
	FreeSpace(dir string) (int64, error)
}

// FreeSpace returns how many bytes can still be written to the download
// directory, which need not exist yet; errors.ErrUnsupported when the
// filesystem does not know.
func (s *Store) FreeSpace() (int64, error) {
	teller, ok := s.fs.(SpaceTeller)
	if !ok {
		return 0, wrap("free space", s.dir, noPiece, errors.ErrUnsupported)
	}
	dir := s.existing()
	n, err := teller.FreeSpace(dir)
	return n, wrap("free space", dir, noPiece, err)
}

// OS returns the filesystem of the operating system, with what afero's OsFs
// lacks: DirSyncer, SpaceTeller, VolumeTeller, LimitTeller and, on its files, HoleFinder. Where a system
// has no such call, these answer errors.ErrUnsupported.
func OS() afero.Fs { return osFs{} }

type osFs struct{ afero.OsFs }

func (o osFs) Create(name string) (afero.File, error) {
	return o.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, filePerm)
}

func (o osFs) Open(name string) (afero.File, error) { return o.OpenFile(name, os.O_RDONLY, 0) }

func (osFs) OpenFile(name string, flag int, perm os.FileMode) (afero.File, error) {
	f, err := os.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err // never a non-nil interface around a nil *os.File
	}
	return osFile{f}, nil
}

func (o osFs) SyncDir(dir string) error { return syncByOpening(o, dir) }

func (osFs) FreeSpace(dir string) (int64, error) {
	n, err := freeSpace(dir)
	if err != nil {
		return 0, &fs.PathError{Op: "statfs", Path: dir, Err: err}
	}
	return n, nil
}

func (osFs) FileLimits(dir string) (longest int64, readOnly bool, err error) {
	return fileLimits(dir)
}

func (osFs) Volume(dir string) (string, error) { return volume(dir) }

// osFile adds HoleFinder. It moves the file's offset, which nobody may rely on
// who calls NextData; the store uses ReadAt and WriteAt only.
type osFile struct{ *os.File }

func (f osFile) NextData(off int64) (int64, error) { return nextData(f.File, off) }
