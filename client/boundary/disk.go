package boundary

import "errors"

// DiskFault says in one word what is wrong with a disk, and so what can be done
// about it.
type DiskFault uint8

// The faults of disks.
const (
	// DiskBroken: it refuses, and would refuse again: an I/O error, a missing
	// permission, a filesystem that cannot be written to.
	DiskBroken DiskFault = iota
	// DiskFull: there is no room, or the quota is spent.
	DiskFull
	// DiskBusy: the same may succeed in a moment: no file handle was to be had,
	// the call was interrupted, or moved only a part.
	DiskBusy
	// DiskChanged: somebody else has deleted, shortened or replaced a file.
	DiskChanged
	// DiskCorrupt: it returns other bytes than were written, and tells of no error.
	DiskCorrupt
)

func (f DiskFault) String() string {
	switch f {
	case DiskBroken:
		return "disk broken"
	case DiskFull:
		return "disk full"
	case DiskBusy:
		return "disk busy"
	case DiskChanged:
		return "file changed"
	case DiskCorrupt:
		return "disk corrupt"
	}
	return "unknown"
}

// DiskError is what the shell makes of every error of a disk.
type DiskError struct {
	Fault DiskFault
	Err   error // names operation, file and cause
}

func (e *DiskError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *DiskError) Unwrap() error { return e.Err }

// FaultOf says what is wrong; of errors that say nothing of it, DiskBroken.
func FaultOf(err error) DiskFault {
	if e, ok := errors.AsType[*DiskError](err); ok {
		return e.Fault
	}
	return DiskBroken
}

// ProbeDisk asks whether it is worth while to write again, after a disk was full
// or busy.
type ProbeDisk struct{ Torrent TorrentID }

// DiskProbed answers ProbeDisk.
type DiskProbed struct {
	Torrent TorrentID
	Free    int64 // bytes that can still be written; -1: the filesystem does not say
}

// FileChange is what somebody else has done to a file of a torrent.
type FileChange struct {
	File int // its index
	How  Change
}

// Change says what was done to a file.
type Change uint8

// The changes that can be seen.
const (
	FileGone    Change = iota // it was there, and is no more
	FileShorter               // it ends before bytes that were written to it
	FileAltered               // it was written to, or is another one
)

func (c Change) String() string {
	switch c {
	case FileGone:
		return "is gone"
	case FileShorter:
		return "has become shorter"
	case FileAltered:
		return "was written to by somebody else"
	}
	return "unknown"
}

// LookAtFiles asks what others have done to the files of a torrent.
type LookAtFiles struct{ Torrent TorrentID }

// FilesLooked answers LookAtFiles.
type FilesLooked struct {
	Torrent TorrentID
	Changes []FileChange // since the last look, by file
}

// ReadsPaused says that the shell has ceased to read from a connection, since too
// much waits for the disk already, or that it reads again.
type ReadsPaused struct {
	Conn   ConnID
	Paused bool
}

func (DiskProbed) event()  {}
func (FilesLooked) event() {}
func (ReadsPaused) event() {}

// DiskWaits: the disk is full, or busy beyond patience: nothing more is asked for.
// Nothing verified is lost, seeding goes on, and the download does too, by itself,
// as soon as the disk takes something again: DiskWorks follows then. Err is a
// *DiskError with the fault, DiskFull or DiskBusy.
type DiskWaits struct {
	Torrent TorrentID
	Err     error
}

// DiskWorks: what DiskWaits has told of is over.
type DiskWorks struct{ Torrent TorrentID }

// ReadFailed: a piece that was had could not be read. Unless the disk was only
// busy, it is not served until it was checked again; if it cannot be read then, it
// is not had any more, which PieceFailed tells. The other pieces are served as
// before. It is told too when the blocks of a piece that has failed could not be read
// to find out which of them are wrong.
type ReadFailed struct {
	Torrent TorrentID
	Piece   int
	Err     error
}

// SyncFailed: what was written since the last good sync may be lost even if the
// next one succeeds, since systems tell of a failed write-back once. Those pieces
// are checked and written again, and are not in the piece cache before a sync has
// succeeded after that. A second failure in a row is a FileFailed. Where nothing can
// be written, this tells that they cannot be written again either: they are served,
// and stay out of the piece cache.
type SyncFailed struct {
	Torrent TorrentID
	Err     error
}

// FileChanged: somebody else has changed a file. What the torrent had in it is
// not served until it was checked again, and is fetched again if it is not there.
type FileChanged struct {
	Torrent TorrentID
	File    int // its index
	How     Change
}

// Defect says in one word what the watchdog has found wrong.
type Defect uint8

// The defects that the watchdog knows.
const (
	DefectPieces   Defect = iota // what is left was counted wrongly
	DefectInterest               // a peer was taken for one that has nothing for us, or for one that has
	DefectPicker                 // pieces or blocks that are free were not on offer, or others were
	DefectRequests               // blocks counted as requested that nobody was asked for
	DefectCheck                  // a piece was complete, and nobody checked it
)

func (d Defect) String() string {
	switch d {
	case DefectPieces:
		return "pieces"
	case DefectInterest:
		return "interest"
	case DefectPicker:
		return "picker"
	case DefectRequests:
		return "requests"
	case DefectCheck:
		return "check"
	}
	return "unknown"
}

// Healed: a download has stood still by our own fault. Its state was counted anew,
// and what was wrong, which Defects name, was mended. It is the sign of a bug.
type Healed struct {
	Torrent TorrentID
	Defects []Defect
}

func (Healed) notice()      {}
func (DiskWaits) notice()   {}
func (DiskWorks) notice()   {}
func (ReadFailed) notice()  {}
func (SyncFailed) notice()  {}
func (FileChanged) notice() {}
