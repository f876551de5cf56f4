package simfs

import "github.com/spf13/afero"

// ByOther lets another program on the same machine use the disk: do is called
// with the FS past its faults, hooks, meters and limit of open files, which are
// those of the program under test. What do opens it must close. What it does is
// pending like all else.
func (f *FS) ByOther(do func(fs afero.Fs) error) error {
	mine := *f
	f.faults, f.watch, f.watchOp, f.damage, f.strict = nil, nil, nil, nil, false
	f.limits.open, f.limits.read, f.limits.write = 0, 0, 0
	defer func() {
		f.faults, f.watch, f.watchOp, f.damage, f.strict = mine.faults, mine.watch, mine.watchOp, mine.damage, mine.strict
		f.limits, f.meter = mine.limits, mine.meter
	}()
	return do(f)
}

// OnDamage has damaged called whenever bytes of a file are not what the program
// has written, or come to be so, or are read so: by a fault that no error tells
// of. The n bytes at off are concerned, of the file opened by a path. Of a directory
// whose Sync has lied n is 0: the names in it are not durable. A nil damaged ends it.
// It must not use the FS.
func (f *FS) OnDamage(damaged func(path string, off, n int64)) { f.damage = damaged }

// namesOnly is the length of what is damaged of a directory.
const namesOnly = -1

func (f *FS) damaged(path string, off, n int64) {
	if f.damage != nil && (n > 0 || n == namesOnly) {
		f.damage(path, off, max(n, 0))
	}
}
