package boundary

import (
	"fmt"
	"net/netip"
	"time"
)

// State is what the user wants of a torrent.
type State uint8

// The states of a torrent.
const (
	// Active: connects, accepts, requests and serves.
	Active State = iota
	// Paused: stays connected and accepts, but makes and fills no request.
	Paused
	// Stopped: makes no connection, rejects incoming ones, has no file open.
	Stopped
)

func (s State) String() string {
	switch s {
	case Active:
		return "active"
	case Paused:
		return "paused"
	case Stopped:
		return "stopped"
	}
	return "unknown"
}

// ParseState reads the name of a state. "started" is what the ancestors called
// active.
func ParseState(s string) (State, error) {
	switch s {
	case "active", "started":
		return Active, nil
	case "paused":
		return Paused, nil
	case "stopped":
		return Stopped, nil
	}
	return 0, fmt.Errorf("state %q is none of active, paused and stopped", s)
}

// Source is how an address became known.
type Source uint8

// The sources of peer addresses.
const (
	FromUser Source = iota
	FromTracker
	FromIncoming
)

func (s Source) String() string {
	switch s {
	case FromUser:
		return "user"
	case FromTracker:
		return "tracker"
	case FromIncoming:
		return "incoming"
	}
	return "unknown"
}

// Notice is news for the user: what callbacks and subscriptions carry.
type Notice interface{ notice() }

// PieceVerified: a piece has passed its hash and is on disk. Download is false
// when a hash check found it there.
type PieceVerified struct {
	Torrent  TorrentID
	Piece    int
	Download bool
}

// PieceFailed: a piece did not match its hash.
type PieceFailed struct {
	Torrent  TorrentID
	Piece    int
	Download bool
}

// HashcheckDone: all pieces asked for by Add or Hashcheck were looked at.
type HashcheckDone struct{ Torrent TorrentID }

// Checkpointed: what the torrent has was made durable and noted down: its piece
// cache is new, and worth saving. After a failed sync it says what was durable
// before, and what the next instance has to write again if this one cannot.
type Checkpointed struct{ Torrent TorrentID }

// CacheRefused: the piece cache given to Add is of no use, and everything on
// disk is checked instead.
type CacheRefused struct {
	Torrent TorrentID
	Err     error
}

// NoPiece stands where no piece is concerned.
const NoPiece = -1

// SeedModeEnded: a torrent in seed mode is believed no longer. Piece was found
// wrong, or is NoPiece: then a file is missing or has another size, and nothing
// was taken on trust. What was not verified is checked now. Err says it in words.
type SeedModeEnded struct {
	Torrent TorrentID
	Piece   int
	Err     error
}

// StateChanged: Start, Pause or Stop has taken effect.
type StateChanged struct {
	Torrent TorrentID
	State   State
}

// PrioritiesSet: new priorities are in force, and the disk has followed.
type PrioritiesSet struct{ Torrent TorrentID }

// Completed: all that is wanted is had. It follows a download, never an Add of
// what was complete already.
type Completed struct{ Torrent TorrentID }

// PeerConnected: both handshakes are through.
type PeerConnected struct {
	Torrent  TorrentID
	Addr     netip.AddrPort
	PeerID   [20]byte
	Incoming bool
}

// PeerDisconnected: the connection has ended and the peer was removed. Torrent
// is NoTorrent when it ended before its handshake was accepted.
type PeerDisconnected struct {
	Torrent  TorrentID
	Addr     netip.AddrPort
	Incoming bool
	Reason   Reason
	Err      error // detail, or nil
}

// NoTorrent stands where no torrent is known.
const NoTorrent = ^TorrentID(0)

// PeerBanned: the peer at Addr has proven to send bad data and is not spoken
// to again.
type PeerBanned struct {
	Torrent TorrentID
	Addr    netip.AddrPort
	Piece   int
}

// TrackerAnswered: an announce has succeeded.
type TrackerAnswered struct {
	Torrent  TorrentID
	URL      string
	Event    string // "started", "completed", "stopped" or ""
	Peers    int
	Interval time.Duration
	Warning  string
}

// TrackerFailed: an announce has failed. Err says why, in the tracker's own
// words where it had some.
type TrackerFailed struct {
	Torrent TorrentID
	URL     string
	Event   string
	Err     error
	Retry   time.Duration // until the next attempt
}

// FileFailed: the disk has refused something. The torrent is stopped: nothing
// verified is lost, and Start tries again.
type FileFailed struct {
	Torrent TorrentID
	Err     error
}

// TorrentRemoved: the torrent has let go of everything: connections, files,
// requests.
type TorrentRemoved struct{ Torrent TorrentID }

func (PieceVerified) notice()    {}
func (PieceFailed) notice()      {}
func (HashcheckDone) notice()    {}
func (Checkpointed) notice()     {}
func (CacheRefused) notice()     {}
func (SeedModeEnded) notice()    {}
func (StateChanged) notice()     {}
func (PrioritiesSet) notice()    {}
func (Completed) notice()        {}
func (PeerConnected) notice()    {}
func (PeerDisconnected) notice() {}
func (PeerBanned) notice()       {}
func (TrackerAnswered) notice()  {}
func (TrackerFailed) notice()    {}
func (FileFailed) notice()       {}
func (TorrentRemoved) notice()   {}
