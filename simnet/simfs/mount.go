package simfs

import "strings"

// Mount makes a directory look like another filesystem: nothing can be renamed
// into it or out of it (EXDEV). In all else, its space among it, it remains a part
// of the disk. The directory need not exist.
func (f *FS) Mount(dir string) { f.mounts = append(f.mounts, canonical(dir)) }

// volumeOf is the innermost mounted directory that a canonical path is below, ""
// if there is none.
func (f *FS) volumeOf(path string) (volume string) {
	for _, dir := range f.mounts {
		if strings.HasPrefix(path, dir+"/") && len(dir) > len(volume) {
			volume = dir
		}
	}
	return volume
}
