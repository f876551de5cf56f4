package scenarios

import (
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"syscall"

	"github.com/spf13/afero"

	"bt/simnet/simfs"
)

// diskKind is a kind of Disk, and which fields it needs besides.
type diskKind struct {
	fault simfs.Kind
	errno bool // may have Errno
	delay bool // must have Delay; faults of other kinds may
	path  bool // must have Path
	size  bool // reads Size

	// do, of disk-meddle, changes a file of somebody else's client.
	do func(fs afero.Fs, name string, d *Disk) error
}

var faultKinds = map[string]diskKind{
	"fail":      {fault: simfs.Fail, errno: true},
	"short":     {fault: simfs.Short, errno: true},
	"forget":    {fault: simfs.Forget, errno: true},
	"lie":       {fault: simfs.Lie},
	"lose":      {fault: simfs.Lose},
	"misdirect": {fault: simfs.Misdirect, size: true},
	"rot":       {fault: simfs.Rot},
	"flicker":   {fault: simfs.Flicker},
	"stale":     {fault: simfs.Stale},
	"slow":      {fault: simfs.Slow, delay: true},
}

var meddleKinds = map[string]diskKind{
	"delete":   {path: true, do: func(fs afero.Fs, name string, _ *Disk) error { return fs.Remove(name) }},
	"truncate": {path: true, size: true, do: resizeFile},
	"grow":     {path: true, size: true, do: resizeFile},
	"replace":  {path: true, do: replaceFile},
	"flip":     {path: true, do: flipBit},
}

// crashKinds are what survives a loss of power.
var crashKinds = map[string]diskKind{"nothing": {}, "all": {}, "random": {}, "torn": {}}

// errnos are the errors that a disk may fail with, by their names.
var errnos = map[string]syscall.Errno{
	"EIO": syscall.EIO, "ENOSPC": syscall.ENOSPC, "EDQUOT": syscall.EDQUOT, "EROFS": syscall.EROFS,
	"EACCES": syscall.EACCES, "EPERM": syscall.EPERM, "EMFILE": syscall.EMFILE, "ENFILE": syscall.ENFILE,
	"EFBIG": syscall.EFBIG, "ENAMETOOLONG": syscall.ENAMETOOLONG, "EINTR": syscall.EINTR,
	"ENOENT": syscall.ENOENT, "ESTALE": syscall.ESTALE, "ENODEV": syscall.ENODEV,
}

// diskOps are the operations of a disk, by their names.
var diskOps = map[string]simfs.Op{
	"open": simfs.OpOpen, "open-write": simfs.OpOpenWrite, "read": simfs.OpRead, "write": simfs.OpWrite,
	"truncate": simfs.OpTruncate, "sync": simfs.OpSync, "close": simfs.OpClose, "readdir": simfs.OpReaddir,
	"stat": simfs.OpStat, "mkdir": simfs.OpMkdir, "rename": simfs.OpRename, "remove": simfs.OpRemove,
	"change": simfs.OpChange, "modify": simfs.OpModify, "all": simfs.OpAll,
}

// keys lists the names in a table, for errors.
func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// validateDisk checks the Disk of an action.
func (a *Action) validateDisk(rule verb, field string) error {
	d := a.Disk
	switch {
	case d == nil && (rule.disk == nil || a.Do == DoKill):
		return nil
	case d == nil || rule.disk == nil:
		return wrong(field+".disk", "%s", a.Do.needs(rule.disk != nil))
	}
	field += ".disk"
	kind, ok := rule.disk[d.Kind]
	switch {
	case !ok:
		return wrong(field+".kind", "%s", noneOf(d.Kind, keys(rule.disk)))
	case d.Errno != "" && !kind.errno:
		return wrong(field+".errno", "%s has none", d.Kind)
	case d.Errno != "" && errnos[d.Errno] == 0:
		return wrong(field+".errno", "%s", noneOf(d.Errno, keys(errnos)))
	case kind.delay && d.Delay <= 0:
		return wrong(field+".delay", "%s needs it", d.Kind)
	case kind.path && d.Path == "":
		return wrong(field+".path", "%s needs it", d.Kind)
	case d.Size != 0 && !kind.size:
		return wrong(field+".size", "%s has none", d.Kind)
	case a.Do != DoDiskFault && (d.Delay != 0 || d.After != 0 || d.Count != 0 || d.Percent != 0 || len(d.Ops) > 0):
		return wrong(field, "%s has no delay, after, count, percent and ops", a.Do)
	case d.From < 0 || d.To < 0 || d.To > 0 && d.To <= d.From:
		return wrong(field+".to", "%v to %v are no bytes", d.From, d.To)
	case d.After < 0:
		return wrong(field+".after", "%d is below 0", d.After)
	case d.Count < 0:
		return wrong(field+".count", "%d is below 0", d.Count)
	case d.Percent < 0 || d.Percent > 100:
		return wrong(field+".percent", "%d is not within 0 and 100", d.Percent)
	}
	for i, op := range d.Ops {
		if _, ok := diskOps[op]; !ok {
			return wrong(fmt.Sprintf("%s.ops[%d]", field, i), "%s", noneOf(op, keys(diskOps)))
		}
	}
	if _, err := path.Match(d.Path, ""); err != nil {
		return wrong(field+".path", "%q: %v", d.Path, err)
	}
	return nil
}

// diskFault puts a fault in place on the disks of clients.
func diskFault(r *run, a *Action) (undo func()) {
	var heal []func()
	for _, n := range r.nodesOf(a.Who) {
		heal = append(heal, n.injectFault(a.Disk))
	}
	return func() {
		for _, h := range heal {
			h()
		}
	}
}

// injectFault returns what removes the fault.
func (n *node) injectFault(d *Disk) (heal func()) {
	kind := faultKinds[d.Kind]
	fault := simfs.Fault{
		Kind: kind.fault, Path: n.diskPath(d.Path), From: int64(d.From), To: int64(d.To),
		After: d.After, Count: d.Count, Percent: d.Percent, Shift: int64(d.Size), Delay: d.Delay.std(),
	}
	for _, op := range d.Ops {
		fault.Ops |= diskOps[op]
	}
	if fault.Err = errnos[d.Errno]; kind.errno && fault.Err == 0 {
		fault.Err = syscall.EIO
	}
	n.faults++
	if d.Percent > 0 {
		// A stream of its own for each fault: one more shifts no other.
		fault.Rand = n.host.Rand(fmt.Sprintf("disk-fault %d", n.faults))
	}
	return n.fs.Inject(fault)
}

func (n *node) healDisk() { n.fs.ClearFaults() }

// crashTo cuts the power, and leaves of what was not synced what disk says; nil:
// nothing.
func (n *node) crashTo(disk *Disk) {
	if disk == nil {
		n.kill()
		return
	}
	n.crash(func(fs *simfs.FS) *simfs.FS {
		switch disk.Kind {
		case "all":
			return fs.WrittenImage()
		case "random", "torn":
			return fs.RandomImage(n.host.Rand("power loss"), disk.Kind == "torn")
		}
		return fs.Image()
	})
}

// diskPath returns the absolute path or pattern that a scenario's path stands for.
func (n *node) diskPath(name string) string {
	info := &n.run.truth.meta.Info
	switch {
	case name == "":
		return downloadDir
	case path.IsAbs(name):
		return name
	case info.Multi:
		return path.Join(downloadDir, info.Name, name)
	}
	return path.Join(downloadDir, name)
}

// meddleWithDisk does to files of clients what the user does, or another program: past
// all faults, and not seen as a doing of the client.
func meddleWithDisk(r *run, a *Action) {
	do := meddleKinds[a.Disk.Kind].do
	for _, n := range r.nodesOf(a.Who) {
		names := n.filesAt(n.diskPath(a.Disk.Path))
		if len(names) == 0 {
			r.fail(n.name, "disk-meddle", "there is no file %s", a.Disk.Path)
		}
		for _, name := range names {
			r.oracles.meddled(n.fs, name, a.Disk)
			if err := n.fs.ByOther(func(fs afero.Fs) error { return do(fs, name, a.Disk) }); err != nil {
				r.fail(n.name, "disk-meddle", "%v", err)
			}
		}
	}
}

// filesAt lists the files that a path or pattern stands for.
func (n *node) filesAt(pattern string) (names []string) {
	for _, f := range n.fs.Files() {
		matches, _ := path.Match(pattern, f.Path) // the pattern has been checked
		if matches || below(f.Path, pattern) {
			names = append(names, f.Path)
		}
	}
	return names
}

func resizeFile(fs afero.Fs, name string, d *Disk) error {
	f, err := fs.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Truncate(int64(d.Size))
}

// replaceFile puts another file of the same length in place, as an editor does
// that saves: who has the old one open, keeps that.
func replaceFile(fs afero.Fs, name string, _ *Disk) error {
	old, err := fs.Stat(name)
	if err != nil {
		return err
	}
	other := slices.Repeat([]byte{'x'}, int(old.Size()))
	if err := afero.WriteFile(fs, name+".other", other, 0o644); err != nil {
		return err
	}
	return fs.Rename(name+".other", name)
}

func flipBit(fs afero.Fs, name string, d *Disk) error {
	f, err := fs.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, int64(d.From)); err != nil {
		return err
	}
	b[0] ^= 1
	_, err = f.WriteAt(b, int64(d.From))
	return err
}
