package simfs

import (
	"io/fs"
	"syscall"

	"github.com/spf13/afero"
)

// Feature is a set of things which afero has no method for, and which a program
// asks for by type assertion.
type Feature uint8

// The features.
const (
	// FeatureFreeSpace is FreeSpacer on the file system.
	FeatureFreeSpace Feature = 1 << iota
	// FeatureSyncDir is DirSyncer on the file system.
	FeatureSyncDir
	// FeatureNextData is DataSeeker on its files.
	FeatureNextData
)

// FreeSpacer tells how many bytes can still be written below dir.
type FreeSpacer interface {
	FreeSpace(dir string) (int64, error)
}

// DirSyncer makes the entries of a directory durable.
type DirSyncer interface {
	SyncDir(dir string) error
}

// DataSeeker finds the data between the holes of a file.
type DataSeeker interface {
	NextData(off int64) (int64, error)
}

var (
	_ FreeSpacer = (*FS)(nil)
	_ DirSyncer  = (*FS)(nil)
	_ DataSeeker = (*handle)(nil)
)

// FreeSpace returns Free, for a directory that exists.
func (f *FS) FreeSpace(dir string) (int64, error) {
	errno := f.enter(OpStat, canonical(dir))
	if errno == 0 {
		_, errno = f.lookup(dir)
	}
	if errno != 0 {
		return 0, pathError("statfs", dir, errno)
	}
	return f.Free(), nil
}

// FileLimits returns how many bytes a file may have. A disk that refuses writes
// does so by a fault, and does not tell before.
func (f *FS) FileLimits(dir string) (longest int64, readOnly bool, err error) {
	if _, errno := f.lookup(dir); errno != 0 {
		return 0, false, pathError("statfs", dir, errno)
	}
	return f.limits.maxFile, false, nil
}

// SyncDir makes the entries of dir durable, as Sync of the opened directory does.
func (f *FS) SyncDir(dir string) error {
	at, errno := f.lookup(dir)
	switch {
	case errno != 0:
	case !at.node.isDir():
		errno = syscall.ENOTDIR
	default:
		errno = f.sync(at.node, canonical(dir))
		if errno == syscall.EINVAL && f.style.NoDirSync {
			errno = 0 // there is nothing to do
		}
	}
	return pathError("sync", dir, errno)
}

// Only returns the same file system with no optional methods but those of have,
// to see that a program does without. An FS itself has all.
func (f *FS) Only(have Feature) afero.Fs {
	var base afero.Fs = f
	if have&FeatureNextData == 0 {
		base = plainFiles{f}
	}
	switch have & (FeatureFreeSpace | FeatureSyncDir) {
	case FeatureFreeSpace:
		return struct {
			afero.Fs
			FreeSpacer
		}{base, f}
	case FeatureSyncDir:
		return struct {
			afero.Fs
			DirSyncer
		}{base, f}
	case FeatureFreeSpace | FeatureSyncDir:
		return struct {
			afero.Fs
			FreeSpacer
			DirSyncer
		}{base, f, f}
	}
	return struct{ afero.Fs }{base}
}

// plainFiles opens files which have no more methods than afero.File.
type plainFiles struct{ afero.Fs }

func (p plainFiles) Create(name string) (afero.File, error) { return plain(p.Fs.Create(name)) }
func (p plainFiles) Open(name string) (afero.File, error)   { return plain(p.Fs.Open(name)) }
func (p plainFiles) OpenFile(name string, flag int, perm fs.FileMode) (afero.File, error) {
	return plain(p.Fs.OpenFile(name, flag, perm))
}

func plain(f afero.File, err error) (afero.File, error) {
	if err != nil {
		return nil, err
	}
	return struct{ afero.File }{f}, nil
}
