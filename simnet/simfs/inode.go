package simfs

import (
	"bytes"
	"io/fs"
	"maps"
	"slices"
	"time"
)

// inode is a file or a directory, whatever its name.
type inode struct {
	attr
	synced attr // as the disk has it
	linked bool // has a name in the volatile state
	opens  int  // open handles

	// Of a file:
	pages pageTable
	known *Content // what it is expected to hold, or nil
	// undo has, for each page changed since the last Sync, the page as the disk
	// has it. lost has the same for pages which a failed Sync has forgotten to
	// write: no later Sync makes them durable unless they are written again.
	undo, lost map[int64]*page
	log        log

	// Of a directory:
	parent  *inode            // its own parent for the root
	entries map[string]*inode // volatile
	saved   map[string]*inode // durable
}

// attr is what Stat tells.
type attr struct {
	mode  fs.FileMode
	size  int64
	mtime time.Time
}

func newFile(perm fs.FileMode, now time.Time) *inode {
	a := attr{mode: perm & fs.ModePerm &^ umask, mtime: now}
	return &inode{attr: a, synced: a}
}

func newDir(parent *inode, perm fs.FileMode, now time.Time) *inode {
	a := attr{mode: fs.ModeDir | perm&fs.ModePerm&^umask, mtime: now}
	n := &inode{attr: a, synced: a, parent: parent,
		entries: make(map[string]*inode), saved: make(map[string]*inode)}
	if parent == nil {
		n.parent = n
	}
	return n
}

func (n *inode) isDir() bool { return n.mode.IsDir() }

// names returns the names in a directory, sorted.
func (n *inode) names() []string { return slices.Sorted(maps.Keys(n.entries)) }

// inside says whether directory n is dir or lies below it.
func (n *inode) inside(dir *inode) bool {
	for ; n != dir; n = n.parent {
		if n == n.parent {
			return false
		}
	}
	return true
}

// read fills p from offset off on and returns how many bytes there were.
func (n *inode) read(p []byte, off int64) int {
	p = p[:max(0, min(int64(len(p)), n.size-off))]
	for done := 0; done < len(p); {
		i, at := (off+int64(done))/pageSize, int((off+int64(done))%pageSize)
		seg := p[done:min(len(p), done+pageSize-at)]
		n.pages.get(i).read(seg, at)
		done += len(seg)
	}
	return len(p)
}

// writePage writes seg at offset at of page i, by reference where it can be. It
// returns where equal bytes are that never change, or nil if there are none.
func (n *inode) writePage(i int64, at int, seg []byte) (kept []byte) {
	old, known := n.pages.get(i), n.known.page(i)
	if known != nil && at+len(seg) <= len(known.b) && bytes.Equal(seg, known.b[at:at+len(seg)]) {
		kept = known.b[at : at+len(seg)]
		if old == known {
			n.remember(i, old) // it is dirty again, which matters if a Sync has lost it
			return kept
		}
		// What lies past the known bytes must be zero, as it is past the end.
		if len(seg) == len(known.b) && (old == nil || n.size <= i*pageSize+int64(len(seg)) || len(seg) == pageSize) {
			n.remember(i, old)
			n.pages.set(i, known)
			return kept
		}
	}

	p := n.own(i, at+len(seg))
	copy(p.b[at:], seg)
	switch {
	case kept == nil && len(seg) == pageSize:
		p.fixed = true // the next who writes gets another one
		return p.b
	case kept != nil && len(p.b) >= len(known.b) && bytes.Equal(p.b[:len(known.b)], known.b) && p.zeroFrom(len(known.b)):
		n.pages.set(i, known) // the page has become complete
	}
	return kept
}

// own makes page i one that may be changed in place, up to byte end at least.
func (n *inode) own(i int64, end int) *page {
	p := n.pages.get(i)
	switch {
	case n.remember(i, p) || p == nil || p.fixed:
		p = newPageOf(p, end)
		n.pages.set(i, p)
	case len(p.b) < end:
		p.reserve(end)
	}
	return p
}

// remember notes how the disk has page i, before its first change since the
// last Sync. It says whether old now belongs to the durable state.
func (n *inode) remember(i int64, old *page) bool {
	if _, ok := n.undo[i]; ok {
		return false
	}
	onDisk, lost := n.lost[i]
	if lost {
		delete(n.lost, i)
	} else {
		onDisk = old
	}
	if n.undo == nil {
		n.undo = make(map[int64]*page)
	}
	n.undo[i] = onDisk
	return !lost
}

// resize sets the size. Bytes past the end are always zero in the pages, so
// that growing needs nothing more.
func (n *inode) resize(size int64) {
	if size < n.size {
		i, at := size/pageSize, int(size%pageSize)
		if at > 0 {
			if !n.pages.get(i).zeroFrom(at) {
				clear(n.own(i, at).b[at:])
			}
			i++
		}
		for i = n.pages.next(i); i >= 0; i = n.pages.next(i + 1) {
			n.remember(i, n.pages.get(i))
			n.pages.set(i, nil)
		}
	}
	n.size = size
}

// sync makes the data and attributes of a file durable.
func (n *inode) sync() {
	n.undo = nil // not cleared: a map that was once large is slow to clear
	n.log = log{coarse: len(n.lost) > 0}
	n.synced = n.attr
}

// forget drops the changes which a Sync should have written, as Linux does when
// the disk fails: they can still be read, but count as written.
func (n *inode) forget() {
	n.log = log{coarse: true}
	if n.lost == nil {
		n.lost, n.undo = n.undo, nil
		return
	}
	maps.Copy(n.lost, n.undo) // no page is in both
	n.undo = nil
}

// emptyDir returns a directory with the durable attributes of n.
func (n *inode) emptyDir(parent *inode) *inode {
	c := &inode{attr: n.synced, synced: n.synced, linked: true, parent: parent, entries: make(map[string]*inode, len(n.saved))}
	if parent == nil {
		c.parent = c
	}
	return c
}

// durable returns a copy of the file, or of the directory and all below it, as
// the disk has it. Pages are shared with the original: both replace a page at
// its first change after a Sync, so a durable page is never changed in place.
func (n *inode) durable(parent *inode) *inode {
	if n.isDir() {
		c := n.emptyDir(parent)
		for _, name := range slices.Sorted(maps.Keys(n.saved)) {
			c.entries[name] = n.saved[name].durable(c)
		}
		c.saved = maps.Clone(c.entries)
		return c
	}
	c := &inode{attr: n.synced, synced: n.synced, linked: true, known: n.known, parent: parent}
	for i := n.pages.next(0); i >= 0; i = n.pages.next(i + 1) {
		c.pages.set(i, n.pages.get(i))
	}
	for _, changed := range []map[int64]*page{n.undo, n.lost} {
		for _, i := range slices.Sorted(maps.Keys(changed)) {
			c.pages.set(i, changed[i])
		}
	}
	// A lost page may reach past the size, which was made durable without it.
	c.size = maxFileSize
	c.resize(n.synced.size)
	c.undo = nil
	return c
}
