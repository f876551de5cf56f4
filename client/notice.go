package client

import (
	"bt/client/announce"
	"bt/client/boundary"
	"bt/client/torrent"
)

// News, as Config.OnNotice is told it.
type (
	// Notice is one piece of news: one of the types below.
	Notice = boundary.Notice

	PieceVerified    = boundary.PieceVerified
	PieceFailed      = boundary.PieceFailed
	HashcheckDone    = boundary.HashcheckDone
	Checkpointed     = boundary.Checkpointed
	CacheRefused     = boundary.CacheRefused
	SeedModeEnded    = boundary.SeedModeEnded
	StorageMoved     = boundary.StorageMoved
	MoveFailed       = boundary.MoveFailed
	LeftBehind       = boundary.LeftBehind
	StateChanged     = boundary.StateChanged
	PrioritiesSet    = boundary.PrioritiesSet
	Completed        = boundary.Completed
	PeerConnected    = boundary.PeerConnected
	PeerDisconnected = boundary.PeerDisconnected
	PeerBanned       = boundary.PeerBanned
	TrackerAsked     = boundary.TrackerAsked
	TrackerAnswered  = boundary.TrackerAnswered
	TrackerFailed    = boundary.TrackerFailed
	FileFailed       = boundary.FileFailed
	FileChanged      = boundary.FileChanged
	DiskWaits        = boundary.DiskWaits
	DiskWorks        = boundary.DiskWorks
	ReadFailed       = boundary.ReadFailed
	SyncFailed       = boundary.SyncFailed
	Healed           = boundary.Healed
	TorrentRemoved   = boundary.TorrentRemoved
	RecordFailed     = boundary.RecordFailed
)

// What notices and torrents speak of.
type (
	// TorrentID names a torrent within its client.
	TorrentID = boundary.TorrentID
	// DiskError is the error of notices about disks: what is wrong in a word, and
	// in full.
	DiskError = boundary.DiskError
	// DiskFault is that word.
	DiskFault = boundary.DiskFault
	// Change says what somebody else has done to a file.
	Change = boundary.Change
	// Defect says in one word what the watchdog has found wrong.
	Defect = boundary.Defect
	// State is what the user wants of a torrent.
	State = boundary.State
	// Reason says in a number why a connection has ended.
	Reason = boundary.Reason
	// Source says how an address became known.
	Source = boundary.Source
	// Status is a torrent at one moment.
	Status = torrent.Status
	// Peer is a connected peer at one moment.
	Peer = torrent.PeerStatus
	// Tracker is one tier of trackers at one moment.
	Tracker = announce.Status
	// TrackerState says in one word how a tier is doing.
	TrackerState = announce.State
)

// The states of a torrent.
const (
	Active  = boundary.Active
	Paused  = boundary.Paused
	Stopped = boundary.Stopped
)

// What may be wrong with a disk. Full and busy ones are waited for, and a file that
// was changed by somebody else is checked; what is broken stops the torrent.
const (
	DiskBroken  = boundary.DiskBroken
	DiskFull    = boundary.DiskFull
	DiskBusy    = boundary.DiskBusy
	DiskChanged = boundary.DiskChanged
	DiskCorrupt = boundary.DiskCorrupt
)

// What others may do to a file.
const (
	FileGone    = boundary.FileGone
	FileShorter = boundary.FileShorter
	FileAltered = boundary.FileAltered
)

// What the watchdog may find wrong.
const (
	DefectPieces   = boundary.DefectPieces
	DefectInterest = boundary.DefectInterest
	DefectPicker   = boundary.DefectPicker
	DefectRequests = boundary.DefectRequests
	DefectCheck    = boundary.DefectCheck
)

// NoTorrent stands where no torrent is known.
const NoTorrent = boundary.NoTorrent

// NoPiece stands where no piece is concerned.
const NoPiece = boundary.NoPiece

// How addresses become known.
const (
	FromUser     = boundary.FromUser
	FromTracker  = boundary.FromTracker
	FromIncoming = boundary.FromIncoming
)

// The states of a tier of trackers.
const (
	TrackerWaiting     = announce.Waiting
	TrackerAnnouncing  = announce.Announcing
	TrackerWorking     = announce.Working
	TrackerFailing     = announce.Failing
	TrackerUnsupported = announce.Unsupported
)

// ParseState reads the name of a state; "started" is another name of "active".
func ParseState(s string) (State, error) { return boundary.ParseState(s) }
