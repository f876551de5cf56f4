package simfs

import (
	"bytes"
	"slices"
	"strings"
	"syscall"
)

// maxMisuses bounds what Misuses keeps; the first ones tell the story.
const maxMisuses = 64

// FileStat describes a file for an oracle.
type FileStat struct {
	Path      string // absolute
	Size      int64  // bytes
	Allocated int64  // bytes, in whole pages
}

// Files returns all files of the volatile state, sorted by path.
func (f *FS) Files() []FileStat {
	var list []FileStat
	f.root.walk("", func(path string, n *inode) {
		if !n.isDir() {
			list = append(list, FileStat{path, n.size, n.pages.count * pageSize})
		}
	})
	slices.SortFunc(list, func(a, b FileStat) int { return strings.Compare(a.Path, b.Path) })
	return list
}

// Dirs returns all directories of the volatile state but the root, sorted.
func (f *FS) Dirs() []string {
	var list []string
	f.root.walk("", func(path string, n *inode) {
		if n.isDir() && path != "" {
			list = append(list, path)
		}
	})
	slices.Sort(list)
	return list
}

// walk visits a directory and all below it; path is that of n.
func (n *inode) walk(path string, visit func(path string, n *inode)) {
	visit(path, n)
	if n.isDir() {
		for _, name := range n.names() {
			n.entries[name].walk(path+"/"+name, visit)
		}
	}
}

// OpenHandles returns the path of each open file and directory, as opened,
// sorted.
func (f *FS) OpenHandles() []string {
	list := make([]string, 0, len(f.handles))
	for _, h := range f.handles {
		list = append(list, h.path)
	}
	slices.Sort(list)
	return list
}

// Misuses returns the first uses of closed files, such as "close /a": a second
// close among them. What a killed process does to its files is not counted.
func (f *FS) Misuses() []string { return slices.Clone(f.misuses) }

// ReadFile returns the content of a file, past all faults, limits and meters.
func (f *FS) ReadFile(path string) ([]byte, error) {
	n, err := f.peek(path)
	if err != nil {
		return nil, err
	}
	p := make([]byte, n.size)
	n.read(p, 0)
	return p, nil
}

// Equal says whether the file at path holds exactly want. If not, firstDiff is
// the offset of the first difference, which may be the end of the shorter one;
// it is 0 when there is no such file. Pages that share the memory of want, as
// those of a Content made of it, cost nothing; nor do faults and meters matter.
func (f *FS) Equal(path string, want []byte) (firstDiff int64, ok bool) {
	n, err := f.peek(path)
	if err != nil {
		return 0, false
	}
	common := min(n.size, int64(len(want)))
	buf := make([]byte, pageSize)
	for off := int64(0); off < common; off += pageSize {
		w := want[off:min(common, off+pageSize)]
		p := n.pages.get(off / pageSize)
		if p != nil && len(p.b) >= len(w) && &p.b[0] == &w[0] {
			continue
		}
		b := buf[:len(w)]
		if p.read(b, 0); bytes.Equal(b, w) {
			continue
		}
		for i := range b {
			if b[i] != w[i] {
				return off + int64(i), false
			}
		}
	}
	return common, n.size == int64(len(want))
}

// Holds says whether want is in the file at path, from byte off on. As for Equal,
// memory that is shared costs nothing.
func (f *FS) Holds(path string, off int64, want []byte) bool {
	n, err := f.peek(path)
	if err != nil || off+int64(len(want)) > n.size {
		return false
	}
	buf := make([]byte, 0, pageSize)
	for len(want) > 0 {
		at := int(off % pageSize)
		w := want[:min(len(want), pageSize-at)]
		p := n.pages.get(off / pageSize)
		if p == nil || len(p.b) < at+len(w) || &p.b[at] != &w[0] {
			b := buf[:len(w)]
			if p.read(b, at); !bytes.Equal(b, w) {
				return false
			}
		}
		off, want = off+int64(len(w)), want[len(w):]
	}
	return true
}

// peek finds a file for an oracle.
func (f *FS) peek(path string) (*inode, error) {
	at, errno := f.lookup(canonical(path))
	if errno == 0 && at.node.isDir() {
		errno = syscall.EISDIR
	}
	return at.node, pathError("read", path, errno)
}

// OnWrite has watch called after each change of a file's content: n bytes
// written at off, by the path under which the file was opened. A file created
// is a change of 0 bytes at 0, a truncation one of 0 bytes at the new size.
// A nil watch ends it. It must not use the FS.
func (f *FS) OnWrite(watch func(path string, off int64, n int)) { f.watch = watch }

func (f *FS) changed(path string, off int64, n int) {
	if f.watch != nil {
		f.watch(path, off, n)
	}
}
