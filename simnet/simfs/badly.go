package simfs

import "syscall"

// read fills p from offset off on, in the way of a fault if there is one.
func (h *handle) read(p []byte, off int64, hit *fault) (int, syscall.Errno) {
	f, n := h.fs, h.node
	if f.strict {
		h.suspectRead(off, len(p))
	}
	if hit == nil {
		return n.read(p, off), 0
	}
	switch hit.Kind {
	case Short:
		return n.read(half(p), off), hit.Err
	case Rot:
		hit.rot(n, off)
		f.damaged(h.path, off, 1)
	case Stale:
		done := n.readDurable(p, off)
		f.damaged(h.path, off, int64(done))
		return done, 0
	}
	done := n.read(p, off)
	if hit.Kind == Flicker && done > 0 {
		p[0] ^= 1
		f.damaged(h.path, off, 1)
	}
	return done, 0
}

// write writes p at off, in the way of a fault if there is one.
func (h *handle) write(p []byte, off int64, hit *fault) (int, syscall.Errno) {
	f, n := h.fs, h.node
	if f.strict {
		h.suspectWrite(off, len(p))
	}
	if hit == nil {
		return f.write(n, h, p, off)
	}
	if hit.Kind == Short {
		done, errno := f.write(n, h, half(p), off)
		if errno == 0 {
			errno = hit.Err
		}
		return done, errno
	}
	// What is lost lies nowhere, what is misdirected elsewhere.
	f.damaged(h.path, off, int64(len(p)))
	at := off + hit.Shift
	if fits := min(int64(len(p)), n.size-at); hit.Kind == Misdirect && at >= 0 && fits > 0 {
		f.damaged(h.path, at, fits)
		if _, errno := f.write(n, h, p[:fits], at); errno != 0 {
			return 0, errno
		}
	}
	return len(p), 0
}

// half returns the first half of p, and no less than a byte: a program that
// tries again and again gets on.
func half(p []byte) []byte { return p[:(len(p)+1)/2] }

// spot is a byte of a file.
type spot struct {
	node *inode
	off  int64
}

// rot flips a bit on the disk, of each byte once: read again it is as wrong as
// before, and written anew it is right.
func (x *fault) rot(n *inode, off int64) {
	p := n.pages.get(off / pageSize)
	if off >= n.size || p == nil || x.rotten[spot{n, off}] {
		return // a hole has no bits
	}
	if x.rotten == nil {
		x.rotten = make(map[spot]bool)
	}
	x.rotten[spot{n, off}] = true
	// A page of its own, which nobody is told has changed: no Sync brings the
	// bit back.
	p = newPage(p)
	p.b[off%pageSize] ^= 1
	n.pages.set(off/pageSize, p)
}

// readDurable is read for what the disk held at the last Sync.
func (n *inode) readDurable(p []byte, off int64) int {
	p = p[:max(0, min(int64(len(p)), n.size-off))]
	for done := 0; done < len(p); {
		i, at := (off+int64(done))/pageSize, int((off+int64(done))%pageSize)
		seg := p[done:min(len(p), done+pageSize-at)]
		n.durablePage(i).read(seg, at)
		done += len(seg)
	}
	return len(p)
}

// durablePage returns page i as the disk has it.
func (n *inode) durablePage(i int64) *page {
	if p, changed := n.undo[i]; changed {
		return p
	}
	if p, lost := n.lost[i]; lost {
		return p
	}
	return n.pages.get(i)
}
