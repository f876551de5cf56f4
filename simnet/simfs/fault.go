package simfs

import (
	"path"
	"slices"
	"strings"
	"syscall"
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

// Fault says which operations fail and how. Failing operations have no effect,
// but count for the meter. The zero value of a field is the widest choice.
type Fault struct {
	// Ops that are concerned; 0 means all.
	Ops Op
	// Path of a file, or of a directory and all below it, or a pattern as of
	// path.Match; absolute. Open files go by the path they were opened with.
	Path string
	// After that many matching operations have succeeded,
	After int
	// Count of them fail; 0 means all, until the fault is removed.
	Count int
	// Err is the error; 0 only together with DropDirty.
	Err syscall.Errno
	// DropDirty makes a failing Sync of a file forget what it should have
	// written, as Linux does: the next Sync succeeds, but the data is not
	// durable unless it is written again. With Err 0 the disk lies: Sync seems
	// to succeed. On directories nothing is forgotten.
	DropDirty bool
}

// fault is a Fault in place, with the number of operations it has matched.
type fault struct {
	Fault
	seen int
}

// Inject puts a fault in place and returns what removes it. When several match,
// the one injected first decides; all of them count the operation.
func (f *FS) Inject(x Fault) (remove func()) {
	if x.Err == 0 && !x.DropDirty {
		panic("simfs: fault without an error")
	}
	if x.Ops == 0 {
		x.Ops = OpAll
	}
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

// enter counts an operation on paths and returns the error it fails with.
func (f *FS) enter(op Op, paths ...string) syscall.Errno {
	if hit := f.strike(op, paths...); hit != nil {
		return hit.Err
	}
	return 0
}

// strike counts an operation on paths and returns the fault it meets, or nil.
func (f *FS) strike(op Op, paths ...string) *fault {
	f.meter.ops++
	var hit *fault
	for _, x := range f.faults {
		if x.Ops&op == 0 || !slices.ContainsFunc(paths, x.matches) {
			continue
		}
		x.seen++
		if n := x.seen - x.After; hit == nil && n > 0 && (x.Count == 0 || n <= x.Count) {
			hit = x
		}
	}
	return hit
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
