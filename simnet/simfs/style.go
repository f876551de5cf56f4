package simfs

import (
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/text/unicode/norm"
)

// Style is what a system does its own way. The zero Style is that of Linux.
type Style struct {
	FoldCase bool // names that differ in case only are one; the first spelling stays
	NFD      bool // names are kept decomposed, as of Unicode's form NFD
	// Reserved names cannot be created: devices such as CON and lpt1.txt, and
	// what has a special character in it, or a dot or space at the end.
	Reserved bool
	// Sharing: what is open, or a directory in which something is, can be
	// neither renamed nor removed nor replaced: EACCES.
	Sharing bool
	// NoDirSync: Sync of a directory fails with EINVAL, and entries are durable
	// as soon as they are made.
	NoDirSync bool
	NoHoles   bool          // what lies before a write is allocated, as zeros
	MaxFile   int64         // bytes of a file, beyond which is EFBIG; 0: as on ext4
	Grain     time.Duration // times of modification are multiples of it; 0: of a nanosecond
}

// The styles of systems.
var (
	Windows = Style{FoldCase: true, Reserved: true, Sharing: true, NoDirSync: true, Grain: 100}
	MacOS   = Style{FoldCase: true, NFD: true}
	// FAT32, as mounted on Linux. It has no journal, and no times but even
	// seconds.
	FAT32 = Style{FoldCase: true, Reserved: true, NoHoles: true, MaxFile: 4<<30 - 1, Grain: 2 * time.Second}
)

// SetStyle makes the FS behave as another system does. It is for an FS that is
// empty.
func (f *FS) SetStyle(s Style) {
	f.style = s
	f.SetMaxFile(s.MaxFile)
}

// stamp is the time of a modification now.
func (f *FS) stamp() time.Time {
	if f.style.Grain == 0 {
		return f.now()
	}
	return f.now().Truncate(f.style.Grain)
}

// spell returns the name by which dir has what is asked for by another, or
// under which it would be made.
func (f *FS) spell(dir *inode, name string) string {
	if f.style.NFD {
		name = norm.NFD.String(name)
	}
	if f.style.FoldCase && dir.entries[name] == nil {
		names := dir.names()
		if i := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, name) }); i >= 0 {
			return names[i]
		}
	}
	return name
}

// devices are names that mean no file on Windows, whatever follows a dot.
var devices = []string{
	"CON", "PRN", "AUX", "NUL",
	"COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9",
	"LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
}

// creatable says whether something may be given a name.
func (f *FS) creatable(name string) syscall.Errno {
	if !f.style.Reserved {
		return 0
	}
	stem, _, _ := strings.Cut(name, ".")
	special := func(r rune) bool { return r < ' ' || strings.ContainsRune(`<>:"|?*\`, r) }
	if slices.Contains(devices, strings.ToUpper(stem)) || strings.ContainsFunc(name, special) || strings.HasSuffix(name, ".") || strings.HasSuffix(name, " ") {
		return syscall.EINVAL
	}
	return 0
}

// free says whether nothing that is open hinders n from losing its name.
func (f *FS) free(n *inode) syscall.Errno {
	if !f.style.Sharing || n == nil {
		return 0
	}
	for _, h := range f.handles {
		if h.node == n || n.isDir() && h.node.linked && n.holds(h.node) {
			return syscall.EACCES
		}
	}
	return 0
}

// holds says whether x is somewhere below directory n.
func (n *inode) holds(x *inode) (found bool) {
	n.walk("", func(_ string, below *inode) { found = found || below == x })
	return found
}

// zeros is the page of which files are made that may have no holes.
var zeros = &page{b: make([]byte, pageSize), fixed: true}

// fill allocates the holes of n before off.
func (f *FS) fill(n *inode, off int64) syscall.Errno {
	if !f.style.NoHoles {
		return 0
	}
	for i := n.size / pageSize; i < pagesFor(off); i++ {
		if n.pages.get(i) != nil {
			continue
		}
		if errno := f.room(0); errno != 0 {
			return errno
		}
		n.remember(i, nil)
		n.pages.set(i, zeros)
		f.allocated++
	}
	return 0
}
