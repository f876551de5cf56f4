package boundary

// MoveTorrent is the command to move the files of a torrent to another directory.
type MoveTorrent struct {
	Torrent TorrentID
	Dir     string
}

// Relocate asks for the files to be moved to another directory. Reads go on, all
// else that was asked for later comes after it. With End, a move under way is
// given up.
type Relocate struct {
	Torrent TorrentID
	Dir     string
	End     bool
}

// Relocated answers Relocate.
type Relocated struct {
	Torrent  TorrentID
	Dir      string // where the files were to go
	Err      error  // nil: there they are; else they are where they were
	Torn     bool   // with Err: they are not usable until they were opened again
	Unsynced bool   // with Err: it was a sync that has failed
	Left     error  // why not all could be deleted where they are not
}

// StorageMoved: the files of the torrent are in Dir from now on. It is told also
// when files that were just opened are found to have been moved there by an
// earlier instance, which did not live to tell.
type StorageMoved struct {
	Torrent TorrentID
	Dir     string
}

// MoveFailed: the files of the torrent could not be moved to Dir. They are where
// they were, and nothing is lost.
type MoveFailed struct {
	Torrent TorrentID
	Dir     string
	Err     error
}

// LeftBehind: Err has kept a move from deleting what it leaves: in the old place
// after StorageMoved, in the new one after MoveFailed. Nothing is lost but room on
// that disk; deleting it is tried again when the torrent is next opened.
type LeftBehind struct {
	Torrent TorrentID
	Err     error
}

func (MoveTorrent) event()   {}
func (Relocated) event()     {}
func (StorageMoved) notice() {}
func (MoveFailed) notice()   {}
func (LeftBehind) notice()   {}
