package client

import "bt/client/boundary"

// Reasons of PeerDisconnected: numbers that mean the same in every language.
// Positive ones are errno values of the system; below zero, but for ByRemote
// and ByRemoteUnspecified, it was us who ended the connection.
const (
	ByRemote            = boundary.ByRemote
	Loopback            = boundary.Loopback
	NoSuchTorrent       = boundary.NoSuchTorrent
	HandshakeInfohash   = boundary.HandshakeInfohash
	MalformedHandshake  = boundary.MalformedHandshake
	Preexisting         = boundary.Preexisting
	TooMany             = boundary.TooMany
	Hashchecking        = boundary.Hashchecking
	MalformedPacket     = boundary.MalformedPacket
	SeedToSeed          = boundary.SeedToSeed
	UnrequestedPiece    = boundary.UnrequestedPiece
	RejectNotInProgress = boundary.RejectNotInProgress
	UnrequestedReject   = boundary.UnrequestedReject
	TimeoutHandshake    = boundary.TimeoutHandshake
	Idle                = boundary.Idle
	UselessPeer         = boundary.UselessPeer
	Banned              = boundary.Banned
	LocalStop           = boundary.LocalStop
	ConnectFailed       = boundary.ConnectFailed
	ByRemoteUnspecified = boundary.ByRemoteUnspecified
	Filtered            = boundary.Filtered
	OtherTracker        = boundary.OtherTracker
)
