package simfs

import (
	"crypto/sha256"
	"encoding/binary"
	"io"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
)

// sectorSize is what a disk writes whole or not at all, in bytes.
const sectorSize = 512

// fate is what a loss of power leaves of a pending operation. Of what is no write
// attr alone says whether it survives.
type fate struct {
	attr bool // size and times are as after the operation
	data bool // and so is what it wrote, as far as sectors has it
	// garbage: what it added to the file holds whatever was there on the disk.
	garbage bool
	// sectors says which of the sectors of a write survive, numbered from 0 to
	// below n; nil: all.
	sectors func(i, n int) bool
}

var whole = fate{attr: true, data: true}

func (t *fate) lost() bool  { return !t.attr && !t.data }
func (t *fate) whole() bool { return t.attr && t.data && t.sectors == nil }

// Crash says which images of a loss of power CrashImages lists.
type Crash struct {
	// Window is how many operations may reach the disk out of order: all before
	// them have, and none after them. When no more are pending, that is every
	// image there can be. There are 2^Window images and half as many for each
	// further pending operation, or fewer, as operations depend on each other.
	Window int
	// Torn lets writes survive in part: without the size, the size without
	// them (then zeros or what the disk happened to hold is in their place), and
	// torn at sectors of 512 bytes. Of up to 3 sectors every subset may survive,
	// of more the first, the last, every other one, and all but these.
	Torn bool
}

// CrashImages lists what the FS would hold after a loss of power now: of the
// operations which no Sync has covered some are lost, as far as their order
// allows.
//
//   - Changes to one name are made in order, and a rename at once. A directory
//     is moved to another, or removed, after all that was done in it before.
//   - A file that is cut or grown is so before it is written to again.
//   - A sector of a file is as one of its writes has left it, and so as all those
//     before it have.
//   - The attributes of a file are as after one of its operations.
//
// Different choices may come out equal; Digest finds out. The images are as those
// of Image: each may be used, but not while the FS is.
func (f *FS) CrashImages(c Crash) iter.Seq[*FS] {
	return func(yield func(*FS) bool) {
		e := f.newCrash()
		n := len(e.ops)
		choices := make([][]fate, n)
		for i := range e.ops {
			choices[i] = e.ops[i].fates(c.Torn)
		}
		window := min(c.Window, n)
		for start := 0; start <= n-window; start++ {
			for i := range e.fates {
				e.fates[i] = fate{}
				if i < start {
					e.fates[i] = whole
				}
			}
			// But for the last window, images in which its first operation
			// survives belong to the next one.
			if !e.enumerate(start, start, start+window, choices, start < n-window, yield) {
				return
			}
		}
	}
}

// enumerate tries all fates of the operations from i to below end.
func (e *crash) enumerate(first, i, end int, choices [][]fate, next bool, yield func(*FS) bool) bool {
	if i == end {
		return yield(e.image())
	}
	for _, t := range choices[i] {
		if next && i == first && t.whole() || !t.lost() && !e.allowed(i) {
			continue
		}
		e.fates[i] = t
		if !e.enumerate(first, i+1, end, choices, next, yield) {
			return false
		}
	}
	return true
}

// RandomImage returns one of the images that a loss of power could leave now.
// Each operation survives with a chance of a half, if its order allows it; with
// torn, a write may also survive in any part.
func (f *FS) RandomImage(r rand.Source, torn bool) *FS {
	e := f.newCrash()
	for i := range e.ops {
		e.fates[i] = fate{}
		if r.Uint64()&1 == 0 || !e.allowed(i) {
			continue
		}
		e.fates[i] = whole
		if !torn || !e.ops[i].isWrite() {
			continue
		}
		switch r.Uint64() % 4 {
		case 0: // whole
		case 1:
			e.fates[i] = fate{attr: true, garbage: r.Uint64()&1 == 0}
		default:
			kept := drawSectors(r, e.ops[i].sectors())
			e.fates[i] = fate{attr: r.Uint64()%4 > 0, data: true, sectors: func(i, _ int) bool { return kept[i] }}
		}
	}
	return e.image()
}

func drawSectors(r rand.Source, n int) []bool {
	kept := make([]bool, n)
	for i := range kept {
		kept[i] = r.Uint64()&1 == 0
	}
	return kept
}

// WrittenImage returns the image in which all survives, as if the disk had been
// idle for long.
func (f *FS) WrittenImage() *FS {
	e := f.newCrash()
	for i := range e.fates {
		e.fates[i] = whole
	}
	return e.image()
}

// Digest is equal for disks of the same files and directories, with the same
// content, holes, times and modes. It is meant for images; what is not durable
// is not looked at.
func (f *FS) Digest() (d [sha256.Size]byte) {
	h := sha256.New()
	var buf []byte
	f.root.durable(nil).walk("", func(path string, n *inode) {
		buf = append(buf[:0], path...)
		buf = append(buf, 0) // which no name has
		buf = binary.BigEndian.AppendUint32(buf, uint32(n.mode))
		if n.isDir() {
			h.Write(buf)
			return
		}
		buf = binary.BigEndian.AppendUint64(buf, uint64(n.size))
		buf = binary.BigEndian.AppendUint64(buf, uint64(n.mtime.UnixNano()))
		h.Write(buf)
		for i := n.pages.next(0); i >= 0; i = n.pages.next(i + 1) {
			p := n.pages.get(i)
			b := p.b
			for len(b) > 0 && b[len(b)-1] == 0 {
				b = b[:len(b)-1] // bytes past the end of a page are zeros, too
			}
			buf = binary.BigEndian.AppendUint64(buf[:0], uint64(i))
			buf = binary.BigEndian.AppendUint64(buf, uint64(len(b)))
			h.Write(buf)
			h.Write(b)
		}
		io.WriteString(h, "\x00")
	})
	h.Sum(d[:0])
	return d
}

// crash is a choice of what survives.
type crash struct {
	fs    *FS
	ops   []pendingOp
	needs [][]int
	fates []fate
}

func (f *FS) newCrash() *crash {
	ops := f.pending()
	return &crash{fs: f, ops: ops, needs: needs(ops), fates: make([]fate, len(ops))}
}

// allowed says whether operation i can survive, as far as those before it go.
func (e *crash) allowed(i int) bool {
	return !slices.ContainsFunc(e.needs[i], func(j int) bool { return e.fates[j].lost() })
}

func (op *pendingOp) isWrite() bool {
	return op.node != nil && !op.node.log.coarse && op.node.log.changes[op.index].kind == changeWrite
}

// sectors is how many sectors of the disk a write touches.
func (op *pendingOp) sectors() int {
	off := op.node.log.changes[op.index].off
	end := off + op.node.log.size(op.index)
	return int((end+sectorSize-1)/sectorSize - off/sectorSize)
}

// grows says whether a write has made its file longer.
func (op *pendingOp) grows() bool {
	before := op.node.synced.size
	if op.index > 0 {
		before = op.node.log.changes[op.index-1].after.size
	}
	return op.node.log.changes[op.index].after.size > before
}

// fates lists what can become of an operation.
func (op *pendingOp) fates(torn bool) []fate {
	list := []fate{{}, whole}
	if !torn || !op.isWrite() {
		return list
	}
	list = append(list, fate{attr: true}, fate{data: true})
	if op.grows() {
		list = append(list, fate{attr: true, garbage: true})
	}
	const exhaustive = 3 // sectors
	if n := op.sectors(); n <= exhaustive {
		for mask := uint(1); mask < 1<<n-1; mask++ {
			list = append(list, fate{attr: true, data: true, sectors: func(i, _ int) bool { return mask&(1<<i) != 0 }})
		}
		return list
	}
	for _, kept := range []func(i, n int) bool{
		func(i, _ int) bool { return i == 0 },
		func(i, n int) bool { return i == n-1 },
		func(i, _ int) bool { return i%2 == 0 },
	} {
		but := func(i, n int) bool { return !kept(i, n) }
		list = append(list, fate{attr: true, data: true, sectors: kept}, fate{attr: true, data: true, sectors: but})
	}
	return list
}

// image makes the FS that the choice leaves.
func (e *crash) image() *FS {
	saved := make(map[*inode]map[string]*inode) // of directories that change
	met := make(map[*inode][]fate)              // of the changes of files, in order
	for i := range e.ops {
		op, t := &e.ops[i], e.fates[i]
		if op.meta == nil {
			met[op.node] = append(met[op.node], t)
			continue
		}
		if t.lost() {
			continue
		}
		for _, c := range op.meta.changes {
			if saved[c.dir] == nil {
				saved[c.dir] = maps.Clone(c.dir.saved)
			}
			apply(saved[c.dir], c)
		}
	}
	img := e.fs.newImage()
	var leave func(n, parent *inode) *inode
	leave = func(n, parent *inode) *inode {
		if !n.isDir() {
			return n.crashed(parent, met[n])
		}
		entries, ok := saved[n]
		if !ok {
			entries = n.saved
		}
		c := n.emptyDir(parent)
		for _, name := range slices.Sorted(maps.Keys(entries)) {
			c.entries[name] = leave(entries[name], c)
		}
		c.saved = maps.Clone(c.entries)
		return c
	}
	img.root = leave(e.fs.root, nil)
	img.count()
	return img
}

// crashed returns a copy of a file of which its changes have met their fates.
func (n *inode) crashed(parent *inode, fates []fate) *inode {
	switch {
	case len(fates) == 0:
		return n.durable(parent)
	case n.log.coarse && !fates[0].lost():
		return n.written(parent)
	case n.log.coarse:
		return n.durable(parent)
	}
	// History is what was in the cache after each change, of which sectors have
	// reached the disk.
	disk, history := newDraft(n, parent), newDraft(n, nil)
	final, before := n.synced, n.synced.size
	for i, t := range fates {
		c := &n.log.changes[i]
		switch c.kind {
		case changeWrite:
			history.replay(&n.log, i)
			if t.garbage {
				disk.litter(max(before, c.off), c.off+n.log.size(i))
			}
			if t.data {
				disk.take(history, c.off, n.log.size(i), t.sectors)
			}
		case changeSize:
			history.zeroFrom(c.after.size)
			if !t.lost() {
				disk.zeroFrom(c.after.size)
			}
		}
		if t.attr {
			final = c.after
		}
		before = c.after.size
	}
	disk.zeroFrom(final.size)
	disk.node.attr, disk.node.synced = final, final
	return disk.node
}

// draft is a copy of the durable state of a file in the making. Until it is
// ready it has no end.
type draft struct {
	node *inode
	mine map[*page]bool // which nobody else has
}

func newDraft(n, parent *inode) *draft {
	d := &draft{n.durable(parent), make(map[*page]bool)}
	d.node.size = maxFileSize
	return d
}

// bytes returns page i to be changed.
func (d *draft) bytes(i int64) []byte {
	p := d.node.pages.get(i)
	if !d.mine[p] {
		p = newPage(p)
		d.node.pages.set(i, p)
		d.mine[p] = true
	}
	return p.b
}

// zeroFrom clears all bytes from size on.
func (d *draft) zeroFrom(size int64) {
	d.node.resize(size)
	d.node.size, d.node.undo = maxFileSize, nil
}

// replay writes what change i of a log has written.
func (d *draft) replay(l *log, i int) {
	off := l.changes[i].off
	for _, seg := range l.segments(i) {
		copy(d.bytes(off / pageSize)[off%pageSize:], seg)
		off += int64(len(seg))
	}
}

// take copies the sectors of the size bytes at off from another file.
func (d *draft) take(from *draft, off, size int64, kept func(i, n int) bool) {
	first, end := off/sectorSize, (off+size+sectorSize-1)/sectorSize
	for s := first; s < end; s++ {
		if kept != nil && !kept(int(s-first), int(end-first)) {
			continue
		}
		at := s * sectorSize
		from.node.pages.get(at/pageSize).read(d.bytes(at / pageSize)[at%pageSize:][:sectorSize], int(at%pageSize))
	}
}

// litter fills [begin, end) with what a disk could happen to hold there.
func (d *draft) litter(begin, end int64) {
	const odd = 0x9e3779b97f4a7c15 // the golden ratio: neighbours come out far apart
	for at := begin; at < end; at++ {
		d.bytes(at / pageSize)[at%pageSize] = byte(uint64(at)*odd>>56) | 1
	}
}

// written returns a copy of the file as a Sync would make it durable now.
func (n *inode) written(parent *inode) *inode {
	c := &inode{attr: n.attr, synced: n.attr, linked: true, known: n.known, parent: parent}
	for i := n.pages.next(0); i >= 0; i = n.pages.next(i + 1) {
		p := n.pages.get(i)
		p.fixed = true // two have it now
		c.pages.set(i, p)
	}
	for _, i := range slices.Sorted(maps.Keys(n.lost)) {
		c.pages.set(i, n.lost[i])
	}
	c.size = maxFileSize // a lost page may reach past the size
	c.resize(n.size)
	c.undo = nil
	return c
}
