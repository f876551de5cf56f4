package torrent

import "bt/client/boundary"

// files is where the torrent's files stand. Orders to the disk are given only
// while they are open.
type files struct {
	phase  filesPhase
	loaded bool // what was on disk at the start has been found out

	// follows are the priorities that what is on disk is laid out for, one a file.
	// They lag behind those that are wanted while the move takes time, or fails.
	follows []int
}

type filesPhase uint8

const (
	filesClosed filesPhase = iota
	filesOpening
	filesOpen
	filesClosing
)

func (f *files) open() bool { return f.phase == filesOpen }

// settleFiles opens the files when they are needed and closes them when not.
func (t *Torrent) settleFiles(out *boundary.Effects) {
	need := t.state != boundary.Stopped || t.checker.busy()
	switch {
	case need && t.files.phase == filesClosed && !t.disk.closed():
		t.files.phase = filesOpening
		out.OpenFiles = append(out.OpenFiles, t.cfg.ID)
	case !need && t.files.phase == filesOpen:
		t.files.phase = filesClosing
		out.CloseFiles = append(out.CloseFiles, t.cfg.ID)
	}
}
