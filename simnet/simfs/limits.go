package simfs

import "syscall"

// defaultCapacity of 1 PiB is never in the way.
const defaultCapacity = 1 << 50

type limits struct {
	capacity int64 // bytes
	open     int   // handles; 0 is unlimited
	read     int   // bytes at a time; 0 is unlimited
	write    int
}

type meter struct{ ops, bytes int64 }

// SetCapacity sets the size of the disk in bytes. Allocated pages count in full,
// holes do not, whether pages are shared or not; directories are free.
// A write that needs a page more fails with ENOSPC.
func (f *FS) SetCapacity(bytes int64) { f.limits.capacity = bytes }

// Free returns the number of bytes which can still be allocated. What a removed
// file has used is free when the last handle on it is closed.
func (f *FS) Free() int64 { return max(0, f.limits.capacity-f.Allocated()) }

// Allocated returns the number of bytes that count against the capacity.
func (f *FS) Allocated() int64 { return f.allocated * pageSize }

// SetMaxOpen limits how many files can be open at a time: one more fails with
// EMFILE. Zero means no limit.
func (f *FS) SetMaxOpen(n int) { f.limits.open = n }

// LimitTransfer makes reads and writes happen in steps of so many bytes at
// most, 0 for no limit. Each step is an operation for the meter and for faults.
//
// Only Read may legally return less than asked for without an error, and does
// so after one step. io.ReaderAt and io.Writer have to say why they stop early,
// so ReadAt, Write and WriteAt take further steps until they are done or fail,
// as those of the os package do; a fault in a later step leaves a short count.
func (f *FS) LimitTransfer(read, write int) { f.limits.read, f.limits.write = read, write }

// Meter returns how many operations were performed since New, and how many bytes
// they moved: those read, those written, and for a Sync those of the pages that
// were dirty.
func (f *FS) Meter() (ops, bytes int64) { return f.meter.ops, f.meter.bytes }

// write writes p at off of n as far as there is room.
func (f *FS) write(n *inode, p []byte, off int64) (done int, errno syscall.Errno) {
	if off > maxFileSize-int64(len(p)) {
		return 0, syscall.EFBIG
	}
	before := n.pages.count
	for done < len(p) {
		i, at := (off+int64(done))/pageSize, int((off+int64(done))%pageSize)
		if n.pages.get(i) == nil && f.Free()-(n.pages.count-before)*pageSize < pageSize {
			errno = syscall.ENOSPC
			break
		}
		seg := p[done:min(len(p), done+pageSize-at)]
		n.writePage(i, at, seg)
		done += len(seg)
		n.size = max(n.size, off+int64(done))
	}
	f.allocated += n.pages.count - before
	if done > 0 {
		n.mtime = f.now()
		f.meter.bytes += int64(done)
	}
	return done, errno
}

// truncate sets the size of n.
func (f *FS) truncate(n *inode, path string, size int64) {
	before := n.pages.count
	n.resize(size)
	f.allocated += n.pages.count - before
	n.mtime = f.now()
	f.changed(path, size, 0)
}
