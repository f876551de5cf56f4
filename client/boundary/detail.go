package boundary

import (
	"net/netip"

	"bt/client/wire"
)

// Refilter is the command to ask the address filter anew about every
// connection. The filter itself is part of the session's configuration.
type Refilter struct{}

func (Refilter) event() {}

// TrackerAsked: an announce is on its way. TrackerAnswered or TrackerFailed
// follows, unless the client is closed before.
type TrackerAsked struct {
	Torrent TorrentID
	URL     string // of the tracker, without what is told to it
	Event   string // "started", "completed", "stopped" or ""
}

// What follows is told to those alone who ask for it: there may be thousands of
// them a second. All come from the shell, which sees what the core sees; the
// news of a turn follow its details.

// MessageReceived: a peer has said something. Hello is its handshake, or nil:
// then Message is what came. The bytes of a block are not shown, Length has
// their number.
type MessageReceived struct {
	Torrent TorrentID // NoTorrent if it is none of ours
	Addr    netip.AddrPort
	Hello   *wire.Handshake
	Message wire.Message
}

// MessageSent: a message was given to the network. Fields: see MessageReceived.
type MessageSent struct {
	Torrent TorrentID
	Addr    netip.AddrPort
	Hello   *wire.Handshake
	Message wire.Message
}

// BytesReceived: so many bytes were read from a connection, handshakes and
// framing included.
type BytesReceived struct {
	Torrent TorrentID // NoTorrent before an incoming connection's handshake
	Addr    netip.AddrPort
	N       int
}

// BytesSent: so many bytes have left on a connection, handshakes and framing
// included. Those that are of no block are told of together with the next block, or
// with the end of the connection.
type BytesSent struct {
	Torrent TorrentID
	Addr    netip.AddrPort
	N       int
}

// DiskOpened: the files of a torrent may be read and written from now on, or
// could not be prepared. Single files are opened when they are needed.
type DiskOpened struct {
	Torrent TorrentID
	Err     error
}

// DiskClosed: no file of the torrent is open any more. If Err is nil, all that
// was written is durable.
type DiskClosed struct {
	Torrent TorrentID
	Err     error
}

// DiskRead: a block was read for a peer, or could not be.
type DiskRead struct {
	Torrent TorrentID
	Piece   int
	Begin   int // of the block within the piece, in bytes
	N       int // bytes
	Err     error
}

// DiskWritten: N bytes of a piece, one block or several, have reached their
// files, or could not.
type DiskWritten struct {
	Torrent TorrentID
	Piece   int
	N       int
	Err     error
}

func (TrackerAsked) notice()    {}
func (MessageReceived) notice() {}
func (MessageSent) notice()     {}
func (BytesReceived) notice()   {}
func (BytesSent) notice()       {}
func (DiskOpened) notice()      {}
func (DiskClosed) notice()      {}
func (DiskRead) notice()        {}
func (DiskWritten) notice()     {}
