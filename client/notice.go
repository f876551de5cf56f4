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
	TorrentRemoved   = boundary.TorrentRemoved
)

// What notices and torrents speak of.
type (
	// TorrentID names a torrent within its client.
	TorrentID = boundary.TorrentID
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

// NoTorrent stands where no torrent is known.
const NoTorrent = boundary.NoTorrent

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
