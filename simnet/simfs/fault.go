package simfs

import (
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Op is a set of kinds of operations.
type Op uint16

// The kinds of operations.
const (
	OpOpen      Op = 1 << iota // open for reading only
	OpOpenWrite                // open for writing, or to create or truncate
	OpRead                     // Read, ReadAt, NextData
	OpWrite
	OpTruncate // File.Truncate
	OpSync     // of files and directories
	OpClose    // the file is closed even if it fails
	OpReaddir
	OpStat // Stat, FreeSpace
	OpMkdir
	OpRename // on the old or the new name
	OpRemove
	OpChange // Chmod, Chown, Chtimes

	// OpAll is every operation.
	OpAll = OpChange<<1 - 1
	// OpModify is what a read-only file system refuses.
	OpModify = OpOpenWrite | OpWrite | OpTruncate | OpMkdir | OpRename | OpRemove | OpChange
)

// Kind is how an operation goes wrong.
type Kind uint8

// The kinds of faults. Those that only some operations can meet have these as
// their Ops, whatever else is asked for.
const (
	// Fail: the operation fails with Err, and has no effect.
	Fail Kind = iota
	// Short: a read or write moves half of its bytes and then fails with Err;
	// with Err 0 the rest is moved by a second step, as the os package has it,
	// but for Read, which may legally return less than asked for.
	Short
	// Forget: a Sync of a file fails with Err and forgets what it should have
	// written, as Linux does: the next Sync succeeds, but the data is not
	// durable unless it is written again. Of directories nothing is forgotten.
	Forget
	// Lie: a Sync of a file succeeds, and makes nothing durable, now or later,
	// unless it is written again. Of directories nothing is forgotten.
	Lie
	// Lose: a write seems to succeed, and leaves the file as it was.
	Lose
	// Misdirect: a write seems to succeed; its bytes lie Shift bytes after
	// where they belong, as far as the file goes.
	Misdirect
	// Rot: before the first byte of a read is returned, its lowest bit is
	// flipped, on the disk.
	Rot
	// Flicker: the same, but only in what is returned.
	Flicker
	// Stale: a read returns what the disk held at the last Sync, as far as it
	// was as long as now.
	Stale
	// Slow: the operation takes Delay longer, and nothing else is wrong.
	Slow
)

// opsOf has the operations which a kind of fault can meet.
var opsOf = [...]Op{
	Fail: OpAll, Short: OpRead | OpWrite, Forget: OpSync, Lie: OpSync, Lose: OpWrite, Misdirect: OpWrite,
	Rot: OpRead, Flicker: OpRead, Stale: OpRead, Slow: OpAll,
}

// Fault says which operations go wrong and how. Operations that fail count for
// the meter all the same. The zero value of a field is the widest choice.
type Fault struct {
	Kind Kind

	// Ops that are concerned; 0 means all that the kind can meet.
	Ops Op
	// Path of a file, or of a directory and all below it, or a pattern as of
	// path.Match; absolute. Open files go by the path they were opened with.
	Path string
	// From and To bound the bytes of a file that are concerned, To excluded; To
	// 0 means the end of the file. With either only reads and writes are met.
	From, To int64
	// After that many matching operations have gone well,
	After int
	// Count of them go wrong; 0 means all, until the fault is removed.
	Count int
	// Percent of the operations go wrong, as drawn from Rand; 0 means all.
	Percent int
	Rand    rand.Source

	Err   syscall.Errno // of the kinds that fail
	Shift int64         // of Misdirect, in bytes
	Delay time.Duration // the operation takes so much longer, whatever the kind; see FS.Delay
}

// fault is a Fault in place, with how often it was met.
type fault struct {
	Fault
	seen, hits int
	rotten     map[spot]bool // what Rot has flipped
}

// Inject puts a fault in place and returns what removes it. When several match,
// the one injected first decides what goes wrong; all of them count the
// operation, and the delays add up.
func (f *FS) Inject(x Fault) (remove func()) {
	switch {
	case x.Err == 0 && (x.Kind == Fail || x.Kind == Forget):
		panic("simfs: fault without an error")
	case x.Kind == Slow && x.Delay <= 0:
		panic("simfs: slow fault without a delay")
	case x.Percent > 0 && x.Rand == nil:
		panic("simfs: fault by chance without a source of it")
	}
	if x.Ops == 0 {
		x.Ops = OpAll
	}
	x.Ops &= opsOf[x.Kind]
	if x.Path != "" {
		x.Path = canonical(x.Path)
	}
	in := &fault{Fault: x}
	f.faults = append(f.faults, in)
	return func() {
		f.faults = slices.DeleteFunc(f.faults, func(o *fault) bool { return o == in })
	}
}

// ClearFaults removes all faults.
func (f *FS) ClearFaults() { f.faults = nil }

// Delay is by how much longer than usual all operations since New have taken, for
// the delays of faults: for who simulates time.
func (f *FS) Delay() time.Duration { return f.meter.delay }

// noRange stands for the offset of operations that have none.
const noRange = -1

// enter counts an operation on paths and returns the error it fails with.
func (f *FS) enter(op Op, paths ...string) syscall.Errno {
	if hit := f.strike(op, noRange, 0, paths...); hit != nil {
		return hit.Err
	}
	return 0
}

// strike counts an operation on paths, on n bytes at off if it is on a range,
// and returns the fault it meets, or nil.
func (f *FS) strike(op Op, off int64, n int, paths ...string) *fault {
	f.meter.ops++
	if f.watchOp != nil {
		f.watchOp(op, paths[0])
	}
	if f.off {
		return &powerless
	}
	var hit *fault
	for _, x := range f.faults {
		if x.Ops&op == 0 || !x.inRange(off, n) || !slices.ContainsFunc(paths, x.matches) || !x.meet() {
			continue
		}
		f.meter.delay += x.Delay
		if hit == nil && x.Kind != Slow {
			hit = x
		}
	}
	return hit
}

// powerless is what every operation meets on a machine without power.
var powerless = fault{Fault: Fault{Err: syscall.EIO}}

// meet counts an operation that matches, and says whether it goes wrong.
func (x *fault) meet() bool {
	x.seen++
	if x.seen <= x.After || x.Count > 0 && x.hits >= x.Count {
		return false
	}
	if x.Percent > 0 && int(x.Rand.Uint64()%100) >= x.Percent {
		return false
	}
	x.hits++
	return true
}

func (x *fault) inRange(off int64, n int) bool {
	if x.From == 0 && x.To == 0 {
		return true
	}
	return off >= 0 && off+int64(n) > x.From && (x.To == 0 || off < x.To)
}

// matches says whether the fault is on the canonical path name.
func (x *fault) matches(name string) bool {
	if x.Path == "" || x.Path == "/" || x.Path == name {
		return true
	}
	if below, ok := strings.CutPrefix(name, x.Path); ok && below[0] == '/' {
		return true
	}
	ok, err := path.Match(x.Path, name)
	return ok && err == nil
}
