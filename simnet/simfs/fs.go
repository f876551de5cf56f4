package simfs

import (
	"io/fs"
	"syscall"
	"time"

	"github.com/spf13/afero"
)

// umask is taken off the mode of what is created; 022 is what most systems use.
const umask fs.FileMode = 0o022

// FS is a simulated disk. It implements afero.Fs. Names are separated by
// slashes; relative ones start at the root, which always exists.
type FS struct {
	now     func() time.Time
	root    *inode
	known   map[string]*Content
	mounts  []string // directories that are filesystems of their own, to Rename
	journal []metaOp // changes to directories which are not durable; grows until a Sync
	seq     uint64   // of the last change of anything

	handles   []*handle // open ones
	boot      int       // counts crashes: handles from before are dead
	off       bool      // the machine has no power: nothing can be done
	limits    limits
	style     Style
	allocated int64 // pages of all inodes that have a name or a handle
	faults    []*fault
	meter     meter
	watch     func(path string, off int64, n int)
	watchOp   func(op Op, path string)
	damage    func(path string, off, n int64)
	misuses   []string

	strict     bool // suspicions are wanted
	suspicions []string
}

var _ afero.Fs = (*FS)(nil)

// New returns an empty disk. Modification times are taken from now.
func New(now func() time.Time) *FS {
	f := &FS{now: now, known: make(map[string]*Content)}
	f.limits = limits{capacity: defaultCapacity, maxFile: maxFileSize}
	f.root = newDir(nil, fs.ModePerm, now())
	f.root.linked = true
	return f
}

// Name returns "simfs".
func (f *FS) Name() string { return "simfs" }

// Create opens a file for reading and writing, empty.
func (f *FS) Create(name string) (afero.File, error) {
	return f.OpenFile(name, syscall.O_RDWR|syscall.O_CREAT|syscall.O_TRUNC, 0o666)
}

// Open opens a file or a directory for reading.
func (f *FS) Open(name string) (afero.File, error) {
	return f.OpenFile(name, syscall.O_RDONLY, 0)
}

// OpenFile opens a file as os.OpenFile does, with the flags of that package.
func (f *FS) OpenFile(name string, flag int, perm fs.FileMode) (afero.File, error) {
	op := OpOpen
	if flag&(syscall.O_WRONLY|syscall.O_RDWR|syscall.O_CREAT|syscall.O_TRUNC) != 0 {
		op = OpOpenWrite
	}
	h, errno := f.open(op, name, flag, perm)
	if errno != 0 {
		return nil, pathError("open", name, errno)
	}
	return h, nil
}

func (f *FS) open(op Op, name string, flag int, perm fs.FileMode) (*handle, syscall.Errno) {
	path := canonical(name)
	if errno := f.enter(op, path); errno != 0 {
		return nil, errno
	}
	if len(f.handles) >= f.limits.open && f.limits.open > 0 {
		return nil, syscall.EMFILE
	}
	at, errno := f.resolve(name)
	if errno != 0 {
		return nil, errno
	}
	create := flag&syscall.O_CREAT != 0
	switch {
	case at.node == nil && !create:
		return nil, syscall.ENOENT
	case at.node == nil && at.slash:
		return nil, syscall.EISDIR
	case at.node == nil:
		if errno := f.creatable(at.base); errno != 0 {
			return nil, errno
		}
		at.node = newFile(perm, f.stamp())
		f.link(at)
		f.changed(path, 0, 0)
	case create && flag&syscall.O_EXCL != 0:
		return nil, syscall.EEXIST
	case at.node.isDir() && op == OpOpenWrite:
		return nil, syscall.EISDIR
	case flag&syscall.O_TRUNC != 0:
		f.truncate(at.node, path, 0)
	}
	if c := f.known[path]; c != nil {
		at.node.known = c
	}
	return f.newHandle(at.node, name, path, flag), 0
}

// Mkdir creates a directory; its parent must exist.
func (f *FS) Mkdir(name string, perm fs.FileMode) error {
	return pathError("mkdir", name, f.mkdir(name, perm))
}

func (f *FS) mkdir(name string, perm fs.FileMode) syscall.Errno {
	if errno := f.enter(OpMkdir, canonical(name)); errno != 0 {
		return errno
	}
	at, errno := f.resolve(name)
	switch {
	case errno != 0:
		return errno
	case at.node != nil:
		return syscall.EEXIST
	}
	if errno := f.creatable(at.base); errno != 0 {
		return errno
	}
	at.node = newDir(at.dir, perm, f.stamp())
	f.link(at)
	return 0
}

// MkdirAll creates a directory and its parents where they do not exist.
func (f *FS) MkdirAll(name string, perm fs.FileMode) error {
	if at, errno := f.lookup(name); errno == 0 {
		if !at.node.isDir() {
			return pathError("mkdir", name, syscall.ENOTDIR)
		}
		return nil
	}
	if name == "" {
		return pathError("mkdir", name, syscall.ENOENT)
	}
	path := canonical(name)
	if dir := parentPath(path); dir != path {
		if err := f.MkdirAll(dir, perm); err != nil {
			return err
		}
	}
	if path == "/" {
		return nil
	}
	return f.Mkdir(path, perm)
}

// Remove removes a file or an empty directory.
func (f *FS) Remove(name string) error {
	return pathError("remove", name, f.remove(name))
}

func (f *FS) remove(name string) syscall.Errno {
	if errno := f.enter(OpRemove, canonical(name)); errno != 0 {
		return errno
	}
	at, errno := f.lookup(name)
	switch {
	case errno != 0:
		return errno
	case at.node == f.root:
		return syscall.EBUSY
	case at.base == "":
		return syscall.EINVAL
	case at.node.isDir() && len(at.node.entries) > 0:
		return syscall.ENOTEMPTY
	}
	if errno := f.free(at.node); errno != 0 {
		return errno
	}
	f.unlink(at)
	return 0
}

// RemoveAll removes a file, or a directory with all that is in it, each as
// Remove does; it is no error when nothing is there. At the first error it
// stops.
func (f *FS) RemoveAll(name string) error {
	if name == "" {
		return nil // as the os package does
	}
	at, errno := f.resolve(name)
	switch {
	case errno == syscall.ENOENT || errno == 0 && at.node == nil:
		return nil
	case errno != 0:
		return pathError("unlinkat", name, errno)
	case at.base == "" && at.node != f.root:
		return pathError("RemoveAll", name, syscall.EINVAL)
	}
	if at.node.isDir() {
		for _, entry := range at.node.names() {
			if err := f.RemoveAll(name + "/" + entry); err != nil {
				return err
			}
		}
	}
	if at.node == f.root {
		return pathError("RemoveAll", name, syscall.EBUSY)
	}
	return f.Remove(name)
}

// Rename moves a file or directory; a file replaces the file at newname. As in
// the os package an existing directory is never replaced.
func (f *FS) Rename(oldname, newname string) error {
	return pathError("rename", oldname, f.rename(oldname, newname))
}

func (f *FS) rename(oldname, newname string) syscall.Errno {
	// A fault may be on either name; it is one operation nevertheless.
	if errno := f.enter(OpRename, canonical(oldname), canonical(newname)); errno != 0 {
		return errno
	}
	from, errno := f.lookup(oldname)
	if errno != 0 {
		return errno
	}
	to, errno := f.resolve(newname)
	if errno == 0 && f.volumeOf(canonical(oldname)) != f.volumeOf(canonical(newname)) {
		errno = syscall.EXDEV
	}
	switch {
	case errno != 0:
		return errno
	case to.node != nil && to.node.isDir():
		return syscall.EEXIST
	case from.base == "":
		return syscall.EBUSY
	case from.node.isDir() && to.node != nil:
		return syscall.ENOTDIR
	case from.node.isDir() && to.dir.inside(from.node):
		return syscall.EINVAL
	case !from.node.isDir() && to.slash:
		return syscall.ENOTDIR
	case from.node == to.node:
		return 0
	}
	for _, errno := range []syscall.Errno{f.creatable(to.base), f.free(from.node), f.free(to.node)} {
		if errno != 0 {
			return errno
		}
	}
	f.move(from, to)
	return 0
}

// Chmod changes the permission bits.
func (f *FS) Chmod(name string, mode fs.FileMode) error {
	return f.change("chmod", name, func(n *inode) {
		n.mode = n.mode&^fs.ModePerm | mode&fs.ModePerm
	})
}

// Chown only checks that name exists: there is one user.
func (f *FS) Chown(name string, uid, gid int) error {
	return f.change("chown", name, func(*inode) {})
}

// Chtimes changes the modification time unless it is zero; access times are not
// kept.
func (f *FS) Chtimes(name string, _, mtime time.Time) error {
	return f.change("chtimes", name, func(n *inode) {
		if !mtime.IsZero() {
			n.mtime = mtime
		}
	})
}

func (f *FS) change(op, name string, do func(*inode)) error {
	if errno := f.enter(OpChange, canonical(name)); errno != 0 {
		return pathError(op, name, errno)
	}
	at, errno := f.lookup(name)
	if errno == 0 {
		do(at.node)
		if !at.node.isDir() {
			f.record(at.node, change{kind: changeAttr, segs: len(at.node.log.segs)})
		}
	}
	return pathError(op, name, errno)
}

// Stat describes the file or directory. The size of a directory is zero.
func (f *FS) Stat(name string) (fs.FileInfo, error) {
	if errno := f.enter(OpStat, canonical(name)); errno != 0 {
		return nil, pathError("stat", name, errno)
	}
	at, errno := f.lookup(name)
	if errno != 0 {
		return nil, pathError("stat", name, errno)
	}
	return info{baseName(name), at.node.attr, at.node}, nil
}
