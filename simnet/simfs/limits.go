package simfs

import (
	"bytes"
	"syscall"
	"time"
)

// defaultCapacity of 1 PiB is never in the way.
const defaultCapacity = 1 << 50

type limits struct {
	capacity int64 // bytes
	quota    int64 // bytes; 0 is unlimited
	maxFile  int64 // bytes of one file
	open     int   // handles; 0 is unlimited
	read     int   // bytes at a time; 0 is unlimited
	write    int
}

type meter struct {
	ops, bytes int64
	delay      time.Duration // for faults
}

// SetCapacity sets the size of the disk in bytes. Allocated pages count in full,
// holes do not, whether pages are shared or not; directories are free.
// A write that needs a page more fails with ENOSPC.
func (f *FS) SetCapacity(bytes int64) { f.limits.capacity = bytes }

// SetQuota limits what the user of the disk may allocate, counted as for
// SetCapacity: a write that needs a page more fails with EDQUOT. Zero means no
// limit.
func (f *FS) SetQuota(bytes int64) { f.limits.quota = bytes }

// SetMaxFile limits the size of a file, such as to 4 GiB - 1 on FAT: what would
// make it longer fails with EFBIG. Zero means the limit of ext4.
func (f *FS) SetMaxFile(bytes int64) {
	if bytes == 0 {
		bytes = maxFileSize
	}
	f.limits.maxFile = bytes
}

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

// write writes p at off of n as far as there is room; by is the handle, if any.
func (f *FS) write(n *inode, by *handle, p []byte, off int64) (done int, errno syscall.Errno) {
	if off > f.limits.maxFile-int64(len(p)) {
		return 0, syscall.EFBIG
	}
	if errno := f.fill(n, off); errno != 0 {
		return 0, errno
	}
	before, segs := n.pages.count, len(n.log.segs)
	for done < len(p) {
		i, at := (off+int64(done))/pageSize, int((off+int64(done))%pageSize)
		if n.pages.get(i) == nil {
			if errno = f.room(n.pages.count - before); errno != 0 {
				break
			}
		}
		seg := p[done:min(len(p), done+pageSize-at)]
		kept := n.writePage(i, at, seg)
		if !n.log.coarse {
			if kept == nil {
				kept = bytes.Clone(seg)
			}
			n.log.segs = append(n.log.segs, kept)
		}
		done += len(seg)
		n.size = max(n.size, off+int64(done))
	}
	f.allocated += n.pages.count - before
	if done > 0 {
		n.mtime = f.stamp()
		f.record(n, change{kind: changeWrite, off: off, segs: segs, by: by})
		f.meter.bytes += int64(done)
	}
	return done, errno
}

// room says whether one page can be allocated besides those that are being.
func (f *FS) room(pages int64) syscall.Errno {
	used := (f.allocated + pages + 1) * pageSize
	switch {
	case used > f.limits.capacity:
		return syscall.ENOSPC
	case f.limits.quota > 0 && used > f.limits.quota:
		return syscall.EDQUOT
	}
	return 0
}

// truncate sets the size of n. Where there are no holes what is added must fit.
func (f *FS) truncate(n *inode, path string, size int64) syscall.Errno {
	if errno := f.fill(n, size); errno != 0 {
		return errno
	}
	before := n.pages.count
	n.resize(size)
	f.allocated += n.pages.count - before
	n.mtime = f.stamp()
	f.record(n, change{kind: changeSize, segs: len(n.log.segs)})
	f.changed(path, size, 0)
	return 0
}
