package boundary

import "fmt"

// Reason says why a connection ended, as a number that means the same in every
// language. Names and numbers are those of Net::BitTorrent where it had one.
// Positive values are errno values of the system; the remote side, or the
// network, ended the connection with them.
type Reason int

// Disconnect reasons.
const (
	ByRemote            Reason = 0   // closed by the remote peer
	Loopback            Reason = -10 // we connected to ourselves
	NoSuchTorrent       Reason = -11 // the handshake names a torrent that we do not serve
	HandshakeInfohash   Reason = -12 // not the info-hash expected on this connection
	MalformedHandshake  Reason = -13 // bad plaintext handshake
	Preexisting         Reason = -16 // already connected to this peer id
	TooMany             Reason = -17 // the limit of connections is reached
	Hashchecking        Reason = -18 // the torrent is busy being hash-checked
	MalformedPacket     Reason = -22 // bytes that are no valid message
	SeedToSeed          Reason = -25 // both ends are seeds
	UnrequestedPiece    Reason = -26 // blocks that nobody asked for, again and again
	RejectNotInProgress Reason = -28 // reject for a piece that is not in progress
	UnrequestedReject   Reason = -29 // rejects of requests never made
	TimeoutHandshake    Reason = -30 // no complete handshake within 30 s
	Idle                Reason = -40 // not a byte within the idle limit
	UselessPeer         Reason = -41 // neither interested nor interesting for 3 min
	Banned              Reason = -50 // has sent bad data before
	LocalStop           Reason = -51 // the torrent was stopped or removed
	ConnectFailed       Reason = -52 // the connection was never established
	ByRemoteUnspecified Reason = -55 // the network ended it with an error that has no errno
	Filtered            Reason = -56 // the user's address filter is against it
	OtherTracker        Reason = -57 // a private torrent has gone over to another tracker
)

var reasonNames = map[Reason]string{
	ByRemote:            "closed by remote",
	Loopback:            "connected to ourselves",
	NoSuchTorrent:       "no such torrent",
	HandshakeInfohash:   "unexpected info-hash",
	MalformedHandshake:  "malformed handshake",
	Preexisting:         "already connected",
	TooMany:             "too many connections",
	Hashchecking:        "hash check under way",
	MalformedPacket:     "malformed message",
	SeedToSeed:          "both are seeds",
	UnrequestedPiece:    "unrequested blocks",
	RejectNotInProgress: "reject for a piece not in progress",
	UnrequestedReject:   "reject of a request never made",
	TimeoutHandshake:    "handshake timed out",
	Idle:                "idle",
	UselessPeer:         "no use to each other",
	Banned:              "banned",
	LocalStop:           "torrent stopped",
	ConnectFailed:       "could not connect",
	ByRemoteUnspecified: "connection lost",
	Filtered:            "address refused by the filter",
	OtherTracker:        "another tracker is in charge",
}

func (r Reason) String() string {
	if s, ok := reasonNames[r]; ok {
		return s
	}
	return fmt.Sprintf("errno %d", int(r))
}
