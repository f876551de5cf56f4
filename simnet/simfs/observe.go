package simfs

import "strings"

// OnOp has watch called before each operation on a path, also if it is going to
// fail, and before what it does: kill the machine there to see what a crash at
// that operation leaves. A rename goes by its old name. A nil watch ends it. It
// must not use the files of the FS.
func (f *FS) OnOp(watch func(op Op, path string)) { f.watchOp = watch }

var opNames = []string{
	"open", "open for writing", "read", "write", "truncate", "sync", "close",
	"readdir", "stat", "mkdir", "rename", "remove", "change",
}

// String names the kinds of operations of the set.
func (o Op) String() string {
	var names []string
	for i, name := range opNames {
		if o&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}
