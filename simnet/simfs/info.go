package simfs

import (
	"io/fs"
	"path"
	"time"
)

// info implements fs.FileInfo: a name, and the attributes when it was asked for.
type info struct {
	name string
	attr attr
	node *inode
}

// SameFile says whether both are about one file, whatever its name, as
// os.SameFile does.
func (i info) SameFile(other fs.FileInfo) bool {
	o, ok := other.(info)
	return ok && o.node == i.node
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.attr.size }
func (i info) Mode() fs.FileMode  { return i.attr.mode }
func (i info) ModTime() time.Time { return i.attr.mtime }
func (i info) IsDir() bool        { return i.attr.mode.IsDir() }
func (i info) Sys() any           { return nil }

func baseName(name string) string   { return path.Base(name) }
func parentPath(name string) string { return path.Dir(name) }
