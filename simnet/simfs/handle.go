package simfs

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"slices"
	"syscall"
)

// Errors which the os package has without an errno.
var (
	errNegative = errors.New("negative offset")
	errAppend   = errors.New("simfs: WriteAt on a file opened with O_APPEND")
)

// handle is an open file. It implements afero.File.
type handle struct {
	fs       *FS
	node     *inode
	name     string // as given
	path     string // canonical, when it was opened
	boot     int
	off      int64
	closed   bool
	readable bool
	writable bool
	append   bool
	listing  []string // what Readdir has still to return; nil before the first call
}

func (f *FS) newHandle(n *inode, name, path string, flag int) *handle {
	mode := flag & (syscall.O_RDONLY | syscall.O_WRONLY | syscall.O_RDWR)
	h := &handle{fs: f, node: n, name: name, path: path, boot: f.boot,
		readable: mode != syscall.O_WRONLY,
		writable: mode != syscall.O_RDONLY,
		append:   flag&syscall.O_APPEND != 0,
	}
	n.opens++
	f.handles = append(f.handles, h)
	return h
}

// Name returns the name that was given to open the file.
func (h *handle) Name() string { return h.name }

// Close closes the file, once.
func (h *handle) Close() error {
	if err := h.alive("close"); err != nil {
		return err
	}
	errno := h.fs.enter(OpClose, h.path)
	if h.boot != h.fs.boot { // the machine went down at this very moment
		return pathError("close", h.name, errno)
	}
	h.closed = true
	i := slices.Index(h.fs.handles, h)
	h.fs.handles = slices.Delete(h.fs.handles, i, i+1)
	h.fs.release(h.node)
	return pathError("close", h.name, errno)
}

// alive returns the error of using a file that is closed or of a dead process.
func (h *handle) alive(op string) error {
	if h.boot == h.fs.boot && !h.closed {
		return nil
	}
	if h.boot == h.fs.boot && len(h.fs.misuses) < maxMisuses {
		h.fs.misuses = append(h.fs.misuses, op+" "+h.path)
	}
	return &fs.PathError{Op: op, Path: h.name, Err: fs.ErrClosed}
}

// Read reads from the offset of the handle on; less than len(p) when the file
// ends or transfers are limited.
func (h *handle) Read(p []byte) (int, error) {
	if err := h.alive("read"); err != nil || len(p) == 0 {
		return 0, err
	}
	n, err := h.readStep(p, h.off)
	h.off += int64(n)
	return n, err
}

// ReadAt reads len(p) bytes from off on, or returns an error.
func (h *handle) ReadAt(p []byte, off int64) (n int, err error) {
	if err := h.alive("read"); err != nil {
		return 0, err
	}
	if off < 0 {
		return 0, &fs.PathError{Op: "readat", Path: h.name, Err: errNegative}
	}
	for n < len(p) && err == nil {
		var m int
		m, err = h.readStep(p[n:], off+int64(n))
		n += m
	}
	return n, err
}

// readStep reads into p, at most what one transfer may have.
func (h *handle) readStep(p []byte, off int64) (int, error) {
	var errno syscall.Errno
	hit := h.fs.strike(OpRead, off, len(p), h.path)
	switch {
	case hit != nil && hit.Kind == Fail:
		errno = hit.Err
	case !h.readable:
		errno = syscall.EBADF
	case h.node.isDir():
		errno = syscall.EISDIR
	}
	if errno != 0 {
		return 0, pathError("read", h.name, errno)
	}
	n, errno := h.read(step(p, h.fs.limits.read), off, hit)
	h.fs.meter.bytes += int64(n)
	if n == 0 && errno == 0 {
		return 0, io.EOF
	}
	return n, pathError("read", h.name, errno)
}

// step returns as much of p as one transfer may move.
func step(p []byte, limit int) []byte {
	if limit > 0 && limit < len(p) {
		return p[:limit]
	}
	return p
}

// Write writes at the offset of the handle, or at the end of the file when it
// was opened with O_APPEND.
func (h *handle) Write(p []byte) (n int, err error) {
	if err := h.alive("write"); err != nil {
		return 0, err
	}
	for {
		if h.append {
			h.off = h.node.size
		}
		m, err := h.writeStep(p[n:], h.off)
		n, h.off = n+m, h.off+int64(m)
		if err != nil || n == len(p) {
			return n, err
		}
	}
}

// WriteString is Write for a string.
func (h *handle) WriteString(s string) (int, error) { return h.Write([]byte(s)) }

// WriteAt writes at off and leaves the offset of the handle alone.
func (h *handle) WriteAt(p []byte, off int64) (n int, err error) {
	if err := h.alive("write"); err != nil {
		return 0, err
	}
	if h.append {
		return 0, errAppend
	}
	if off < 0 {
		return 0, &fs.PathError{Op: "writeat", Path: h.name, Err: errNegative}
	}
	for n < len(p) && err == nil {
		var m int
		m, err = h.writeStep(p[n:], off+int64(n))
		n += m
	}
	return n, err
}

// writeStep writes of p what one transfer may have.
func (h *handle) writeStep(p []byte, off int64) (n int, err error) {
	var errno syscall.Errno
	hit := h.fs.strike(OpWrite, off, len(p), h.path)
	switch {
	case hit != nil && hit.Kind == Fail:
		errno = hit.Err
	case !h.writable:
		errno = syscall.EBADF
	default:
		n, errno = h.write(step(p, h.fs.limits.write), off, hit)
	}
	if n > 0 {
		h.fs.changed(h.path, off, n)
	}
	return n, pathError("write", h.name, errno)
}

// Seek sets the offset for the next Read or Write; on a directory it makes
// Readdir start anew.
func (h *handle) Seek(offset int64, whence int) (int64, error) {
	if err := h.alive("seek"); err != nil {
		return 0, err
	}
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		offset += h.off
	case io.SeekEnd:
		offset += h.node.size
	default:
		offset = -1
	}
	if offset < 0 {
		return 0, pathError("seek", h.name, syscall.EINVAL)
	}
	h.off, h.listing = offset, nil
	return offset, nil
}

// Truncate sets the size of the file; what is added reads as zeros.
func (h *handle) Truncate(size int64) error {
	if err := h.alive("truncate"); err != nil {
		return err
	}
	errno := h.fs.enter(OpTruncate, h.path)
	switch {
	case errno != 0:
	case !h.writable || size < 0:
		errno = syscall.EINVAL
	case size > h.fs.limits.maxFile:
		errno = syscall.EFBIG
	default:
		errno = h.fs.truncate(h.node, h.path, size)
	}
	return pathError("truncate", h.name, errno)
}

// Sync makes the content of the file durable, or the entries of the directory.
func (h *handle) Sync() error {
	if err := h.alive("sync"); err != nil {
		return err
	}
	return pathError("sync", h.name, h.fs.sync(h.node, h.path))
}

func (f *FS) sync(n *inode, path string) syscall.Errno {
	hit := f.strike(OpSync, noRange, 0, path)
	if hit == nil {
		f.meter.bytes += int64(len(n.undo)) * pageSize
	}
	switch {
	case hit == nil && n.isDir() && f.style.NoDirSync:
		return syscall.EINVAL
	case hit == nil && n.isDir():
		f.commit(n)
	case hit == nil:
		n.sync()
	case hit.Kind == Lie && n.isDir():
		f.damaged(path, 0, namesOnly)
	case hit.Kind != Fail && !n.isDir():
		if hit.Kind == Lie {
			for _, i := range slices.Sorted(maps.Keys(n.undo)) {
				f.damaged(path, i*pageSize, pageSize)
			}
		}
		n.forget()
	}
	if hit != nil && hit.Kind != Lie {
		return hit.Err
	}
	return 0
}

// Stat describes the file, by the name it was opened with.
func (h *handle) Stat() (fs.FileInfo, error) {
	if err := h.alive("stat"); err != nil {
		return nil, err
	}
	if errno := h.fs.enter(OpStat, h.path); errno != 0 {
		return nil, pathError("stat", h.name, errno)
	}
	return info{baseName(h.name), h.node.attr, h.node}, nil
}

// Readdir returns the next count entries of the directory, sorted by name, and
// io.EOF when there are no more; all that remain when count is not positive.
func (h *handle) Readdir(count int) ([]fs.FileInfo, error) {
	names, err := h.Readdirnames(count)
	list := make([]fs.FileInfo, 0, len(names))
	for _, name := range names {
		if n := h.node.entries[name]; n != nil { // else removed meanwhile
			list = append(list, info{name, n.attr, n})
		}
	}
	return list, err
}

// Readdirnames is Readdir for the names alone.
func (h *handle) Readdirnames(count int) ([]string, error) {
	if err := h.alive("readdir"); err != nil {
		return nil, err
	}
	errno := h.fs.enter(OpReaddir, h.path)
	if errno == 0 && !h.node.isDir() {
		errno = syscall.ENOTDIR
	}
	if errno != 0 {
		return nil, pathError("readdir", h.name, errno)
	}
	if h.listing == nil {
		h.listing = append([]string{}, h.node.names()...)
	}
	n := len(h.listing)
	if count > 0 {
		if n == 0 {
			return nil, io.EOF
		}
		n = min(n, count)
	}
	names := h.listing[:n:n]
	h.listing = h.listing[n:]
	return names, nil
}

// NextData returns the first offset from off on at which the file may have data
// instead of a hole, as SEEK_DATA does; io.EOF when only holes follow.
func (h *handle) NextData(off int64) (int64, error) {
	if err := h.alive("seek"); err != nil {
		return 0, err
	}
	errno := h.fs.enter(OpRead, h.path)
	if errno == 0 && (off < 0 || h.node.isDir()) {
		errno = syscall.EINVAL
	}
	if errno != 0 {
		return 0, pathError("seek", h.name, errno)
	}
	i := h.node.pages.next(off / pageSize)
	if at := max(off, i*pageSize); i >= 0 && at < h.node.size {
		return at, nil
	}
	return 0, io.EOF
}
