package simfs

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// change is one operation on a file that no Sync has covered.
type change struct {
	kind  changeKind
	seq   uint64
	after attr  // of the file
	off   int64 // of a write
	segs  int   // the first of its segments, a page's worth or less each
	by    *handle
}

type changeKind uint8

const (
	changeWrite changeKind = iota
	changeSize
	changeAttr // mode or time alone
)

// changesMax bounds the log of one file, at about 100 bytes an entry. The changes
// of a file which has been written more often since its last Sync survive a loss
// of power together or not at all.
const changesMax = 1 << 12

// log is what was done to a file since the last Sync, in order. Whatever part of
// it a crash leaves can be made of the pages on disk and this.
type log struct {
	changes []change
	segs    [][]byte // what was written; immutable
	// coarse: not all was logged. So it is after too many changes, and while
	// there are pages that a Sync has forgotten: how those look on disk cannot
	// be told apart by operations any more.
	coarse bool
	seq    uint64 // of the first change that was not logged; 0: there is none
}

// record appends a change of n, which has been made but for the attributes.
func (f *FS) record(n *inode, c change) {
	l := &n.log
	f.seq++
	c.seq, c.after = f.seq, n.attr
	if len(l.changes) == changesMax {
		*l = log{coarse: true, seq: l.changes[0].seq}
	}
	if !l.coarse {
		l.changes = append(l.changes, c)
	} else if l.seq == 0 {
		l.seq = f.seq
	}
}

// end is where the segments of change i end.
func (l *log) end(i int) int {
	if i+1 < len(l.changes) {
		return l.changes[i+1].segs
	}
	return len(l.segs)
}

// segments returns what change i has written.
func (l *log) segments(i int) [][]byte { return l.segs[l.changes[i].segs:l.end(i)] }

// size is how many bytes change i has written.
func (l *log) size(i int) (n int64) {
	for _, seg := range l.segments(i) {
		n += int64(len(seg))
	}
	return n
}

// pendingOp is an operation that is not durable: on directories, on a file, or
// all on a file whose log is coarse.
type pendingOp struct {
	seq   uint64
	meta  *metaOp
	node  *inode // of what is no meta
	index int    // in the log of node
}

// pending lists what no Sync has covered, in the order in which it was done. Of
// files it has those that a crash can leave with a name.
func (f *FS) pending() (ops []pendingOp) {
	seen := make(map[*inode]bool)
	var visit func(n *inode)
	visit = func(n *inode) {
		if n == nil || seen[n] {
			return
		}
		seen[n] = true
		for _, name := range slices.Sorted(maps.Keys(n.saved)) {
			visit(n.saved[name])
		}
		if n.log.coarse && n.log.seq > 0 {
			ops = append(ops, pendingOp{seq: n.log.seq, node: n})
			return
		}
		for i, c := range n.log.changes {
			ops = append(ops, pendingOp{seq: c.seq, node: n, index: i})
		}
	}
	visit(f.root)
	for i := range f.journal {
		op := &f.journal[i]
		ops = append(ops, pendingOp{seq: op.seq, meta: op})
		for _, c := range op.changes {
			visit(c.node)
		}
	}
	slices.SortFunc(ops, func(a, b pendingOp) int { return cmp.Compare(a.seq, b.seq) })
	return ops
}

// needs lists, for each operation, earlier ones on which it depends: it survives
// a loss of power only if they do. Those on which these depend in turn may be
// left out.
func needs(ops []pendingOp) [][]int {
	type entry struct {
		dir  *inode
		name string
	}
	var (
		list   = make([][]int, len(ops))
		named  = make(map[entry]int)
		sized  = make(map[*inode]int)
		inDir  = make(map[*inode][]int)
		before []int // on directories
	)
	for i := range ops {
		op := &ops[i]
		if op.meta == nil {
			// What is written after a change of size may lie where there was no
			// room, or something else, before it.
			if j, ok := sized[op.node]; ok {
				list[i] = append(list[i], j)
			}
			if !op.node.log.coarse && op.node.log.changes[op.index].kind == changeSize {
				sized[op.node] = i
			}
			continue
		}
		if op.meta.barrier {
			list[i] = append(list[i], before...)
		}
		// A directory is not removed before what was in it.
		list[i] = append(list[i], inDir[op.meta.removed]...)
		for _, c := range op.meta.changes {
			// Changes to one name are made in order.
			if j, ok := named[entry{c.dir, c.name}]; ok {
				list[i] = append(list[i], j)
			}
			named[entry{c.dir, c.name}] = i
			inDir[c.dir] = append(inDir[c.dir], i)
		}
		before = append(before, i)
	}
	return list
}

// Pending describes the operations that no Sync has covered, in the order in
// which they were done: "write /a 0+512". Files go by a name that they have, in
// the volatile or else in the durable state.
func (f *FS) Pending() (list []string) {
	paths := make(map[*inode]string)
	for _, durable := range []bool{true, false} {
		f.root.addPaths("", durable, paths)
	}
	for _, op := range f.pending() {
		switch {
		case op.meta != nil:
			list = append(list, op.meta.describe(paths))
		case op.node.log.coarse:
			list = append(list, "changes "+paths[op.node])
		default:
			c := &op.node.log.changes[op.index]
			switch c.kind {
			case changeWrite:
				list = append(list, fmt.Sprintf("write %s %d+%d", paths[op.node], c.off, op.node.log.size(op.index)))
			case changeSize:
				list = append(list, fmt.Sprintf("resize %s %d", paths[op.node], c.after.size))
			case changeAttr:
				list = append(list, "change "+paths[op.node])
			}
		}
	}
	return list
}

func (n *inode) addPaths(path string, durable bool, paths map[*inode]string) {
	paths[n] = path
	entries := n.entries
	if durable {
		entries = n.saved
	}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		entries[name].addPaths(path+"/"+name, durable, paths)
	}
}

func (op *metaOp) describe(paths map[*inode]string) string {
	text := "rename"
	switch {
	case len(op.changes) == 2:
	case op.changes[0].node == nil:
		text = "remove"
	default:
		text = "create"
	}
	for _, c := range op.changes {
		text += " " + paths[c.dir] + "/" + c.name
	}
	return text
}
