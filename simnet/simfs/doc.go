// Package simfs is the disk of a simulated host: an afero.Fs which behaves as
// the os package does on Linux, kept in memory, deterministic, and as fast for
// one block in the middle of a huge file as for a small file.
//
// # Content
//
// A file is a sparse table of 16 KiB pages. A page is a hole, bytes of the
// file's own, or a page of a Content: bytes which the scenario knows in advance
// (see FS.Know) and which any number of file systems share. Which of the three
// it is cannot be seen by a reader; it decides only what memory is used.
//
// # Two states
//
// Every FS has a volatile state, which is what the process sees, and a durable
// one, which is what survives a loss of power. File.Sync makes the data, size
// and times of one file durable; Sync of a directory makes its entries durable.
// As POSIX promises no more than that, no more is done: a new file that was
// synced is lost when its directory was not.
//
// The two are kept as the difference between them. A file remembers, for each
// page changed since the last Sync, the page as the disk still has it, and a log
// of what was done to it since; the FS keeps a journal of the changes to
// directories which no Sync has covered. A loss of power puts the remembered
// pages back and forgets the journal. That is Image, the worst that can happen.
//
// Log and journal together are a list of operations with an order among some of
// them. Any part of the list that keeps this order may survive: see CrashImages,
// which lists what can be left, and RandomImage. That a file is allocated is no
// operation of its own: without a name nobody could see it, and with one it is.
//
// # Faults
//
// A Fault says which operations go wrong, by kind, path, range of bytes, number or
// chance, and how: with an error, half-way, late, or without a word. Limits (size,
// quota, handles) and a Style, which is that of another system, are settings. What
// somebody else does to the files goes through ByOther.
//
// # What is not simulated
//
// The process acts as the superuser: modes are stored, but only an injected
// fault refuses access. There are no links, symbolic or hard, and no mappings.
// Errors are *fs.PathError around a syscall.Errno, also those of Rename, where
// the os package has a LinkError (a type which only package os can provide).
//
// # Concurrency
//
// An FS, with its files, belongs to one goroutine. A Content is immutable and
// may be shared by all.
package simfs
