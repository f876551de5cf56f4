package simfs

import (
	"io/fs"
	"path"
	"strings"
	"syscall"
)

// Limits of Linux: NAME_MAX and PATH_MAX (which counts a terminating zero).
const (
	nameMax = 255
	pathMax = 4095
)

// place is where a name leads. node is nil when the directory has no such
// entry; base is empty for the root and for names that end in a dot.
type place struct {
	dir   *inode
	base  string
	node  *inode
	slash bool // the name ends in a slash, and so must be a directory
}

// canonical returns name as a clean absolute path: relative names start at the
// root.
func canonical(name string) string {
	if !strings.HasPrefix(name, "/") {
		name = "/" + name
	}
	return path.Clean(name)
}

// resolve walks from the root to name. Only the last element may be missing.
func (f *FS) resolve(name string) (place, syscall.Errno) {
	switch {
	case name == "":
		return place{}, syscall.ENOENT
	case strings.IndexByte(name, 0) >= 0:
		return place{}, syscall.EINVAL
	case len(name) > pathMax:
		return place{}, syscall.ENAMETOOLONG
	}
	at := place{dir: f.root, node: f.root}
	for elem := range strings.SplitSeq(name, "/") {
		if elem == "" {
			at.slash = true
			continue
		}
		switch {
		case at.node == nil:
			return place{}, syscall.ENOENT
		case !at.node.isDir():
			return place{}, syscall.ENOTDIR
		case len(elem) > nameMax:
			return place{}, syscall.ENAMETOOLONG
		}
		switch elem {
		case ".":
			at = place{dir: at.node, node: at.node}
		case "..":
			at = place{dir: at.node.parent, node: at.node.parent}
		default:
			elem = f.spell(at.node, elem)
			at = place{dir: at.node, base: elem, node: at.node.entries[elem]}
		}
	}
	if at.slash && at.node != nil && !at.node.isDir() {
		return place{}, syscall.ENOTDIR
	}
	return at, 0
}

// lookup is resolve for a name that must exist.
func (f *FS) lookup(name string) (place, syscall.Errno) {
	at, errno := f.resolve(name)
	if errno == 0 && at.node == nil {
		errno = syscall.ENOENT
	}
	return at, errno
}

// pathError returns the error of op on name, or nil when errno is zero.
func pathError(op, name string, errno syscall.Errno) error {
	if errno == 0 {
		return nil
	}
	return &fs.PathError{Op: op, Path: name, Err: errno}
}
