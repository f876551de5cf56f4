package simfs

import "maps"

// metaOp is one atomic change to directories that is not durable yet.
type metaOp struct {
	seq     uint64
	changes []dirChange
	removed *inode // a directory that is not there any more, or nil
	// barrier operations become durable only after all before them. Moves of a
	// directory to another one are: taken out of order, two of them could leave
	// directories inside each other, cut off from the root.
	barrier bool
}

// dirChange makes name in dir lead to node, or to nothing when that is nil.
type dirChange struct {
	dir  *inode
	name string
	node *inode
}

// link gives at.node the name at.base.
func (f *FS) link(at place) {
	at.node.linked = true
	f.note(metaOp{changes: []dirChange{{at.dir, at.base, at.node}}})
}

// unlink takes the name away. The inode lives on as long as it is open.
func (f *FS) unlink(at place) {
	op := metaOp{changes: []dirChange{{at.dir, at.base, nil}}}
	if at.node.isDir() {
		op.removed = at.node
	}
	f.note(op)
	f.unnamed(at.node)
}

// move makes to the name of from.node, replacing the file there.
func (f *FS) move(from, to place) {
	f.note(metaOp{
		changes: []dirChange{{from.dir, from.base, nil}, {to.dir, to.base, from.node}},
		barrier: from.node.isDir() && from.dir != to.dir,
	})
	if from.node.isDir() {
		from.node.parent = to.dir
	}
	if to.node != nil {
		f.unnamed(to.node)
	}
}

// unnamed frees the inode n, which has lost its name, unless it is open.
func (f *FS) unnamed(n *inode) {
	n.linked = false
	if n.opens == 0 {
		f.allocated -= n.pages.count
	}
}

// note applies op to the volatile state and appends it to the journal.
func (f *FS) note(op metaOp) {
	now := f.stamp()
	f.seq++
	op.seq = f.seq
	for _, c := range op.changes {
		apply(c.dir.entries, c)
		c.dir.mtime = now
	}
	f.journal = append(f.journal, op)
	if f.style.NoDirSync {
		f.commit(op.changes[0].dir)
	}
}

func apply(entries map[string]*inode, c dirChange) {
	if c.node == nil {
		delete(entries, c.name)
	} else {
		entries[c.name] = c.node
	}
}

// commit makes the entries of dir durable: all noted changes to it, and what
// they depend on. A rename is atomic, so it takes its other name along.
func (f *FS) commit(dir *inode) {
	ops := make([]pendingOp, len(f.journal))
	for i := range f.journal {
		ops[i].meta = &f.journal[i]
	}
	chosen, needs := make([]bool, len(ops)), needs(ops)
	for i := len(ops) - 1; i >= 0; i-- {
		for _, c := range ops[i].meta.changes {
			chosen[i] = chosen[i] || c.dir == dir
		}
		if chosen[i] {
			for _, j := range needs[i] {
				chosen[j] = true
			}
		}
	}

	var rest []metaOp
	for i, op := range f.journal {
		if !chosen[i] {
			rest = append(rest, op)
			continue
		}
		for _, c := range op.changes {
			apply(c.dir.saved, c)
		}
	}
	f.journal = rest
	dir.synced = dir.attr
}

// Image returns a new FS that holds what this one would hold after a loss of
// power now: nothing that was not synced survives. Limits and knowledge are
// the same; faults, features, hooks and meters are not taken over. The two share
// pages until either changes them, and belong to the same goroutine.
func (f *FS) Image() *FS {
	img := f.newImage()
	img.root = f.root.durable(nil)
	img.count()
	return img
}

// newImage returns an FS like this one, without what is on it.
func (f *FS) newImage() *FS {
	img := New(f.now)
	img.limits, img.style = f.limits, f.style
	img.known = maps.Clone(f.known)
	return img
}

// count counts what is allocated.
func (f *FS) count() {
	f.allocated = 0
	f.root.walk("", func(_ string, n *inode) { f.allocated += n.pages.count })
}

// PowerLoss turns the FS into its Image: what was not synced is gone. Files that
// were open are dead, as after Kill. Faults, hooks and meters stay.
func (f *FS) PowerLoss() { f.PowerLossTo(f.Image()) }

// PowerLossTo is PowerLoss, of which img is left: one of the images of this FS,
// which must not be used any more.
func (f *FS) PowerLossTo(img *FS) {
	f.Kill()
	f.root, f.allocated, f.journal = img.root, img.allocated, nil
}

// PowerOff makes all operations fail with EIO until PowerOn: nothing that goes on
// in mid-operation when the power is lost comes to anything.
func (f *FS) PowerOff() { f.off = true }

// PowerOn ends what PowerOff has begun, or does nothing.
func (f *FS) PowerOn() { f.off = false }

// Kill ends the process that has files open, which are closed without its doing;
// their use gives fs.ErrClosed. The volatile state stays: an operating system
// that lives writes it back in time.
func (f *FS) Kill() {
	for _, h := range f.handles {
		f.release(h.node)
	}
	f.handles = nil
	f.boot++
}

// release notes that a handle of n is gone.
func (f *FS) release(n *inode) {
	n.opens--
	if n.opens == 0 && !n.linked {
		f.allocated -= n.pages.count
	}
}
