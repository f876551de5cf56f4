// Package boundary holds all that crosses the edge of the pure core: the
// events that the world sends in and the effects that the core asks for. It has
// types only. Whatever is not here, the core can neither learn nor do.
package boundary

import (
	"net/netip"

	"bt/client/bitfield"
	"bt/client/metainfo"
	"bt/client/resume"
	"bt/client/wire"
)

// ConnID names one connection for the life of a client. The core numbers the
// ones it dials with even ids, the shell numbers incoming ones with odd ids.
type ConnID uint64

// TorrentID names one torrent of a client.
type TorrentID uint32

// FetchID names one request to a tracker, by HTTP or UDP.
type FetchID uint64

// ResolveID names one look-up of a name.
type ResolveID uint64

// Event is one thing that happened. Only events change the core, so a recorded
// sequence of them is a run.
type Event interface{ event() }

// Opened says that a connection is usable.
type Opened struct {
	Conn          ConnID
	Local, Remote netip.AddrPort
	Incoming      bool
}

// Received brings what one read contained. Msgs may be reused after the event
// was handled; the Data of a Piece belongs to whoever handles it.
type Received struct {
	Conn  ConnID
	Hello *wire.Handshake // in the first event that has it complete, once
	Msgs  []wire.Message  // what followed it
	Size  int             // bytes read from the network, framing included
	Err   error           // the bytes after Msgs are no valid message
}

// Sent says that n more bytes have left; soon if a block is among them, and
// sooner or later if not.
type Sent struct {
	Conn ConnID
	N    int
}

// Closed says that a connection has ended, or that a dial failed. Nothing more
// is heard of Conn.
type Closed struct {
	Conn  ConnID
	Errno int   // the system's number for Err, 0 where it has none
	Err   error // nil: by our own Close, or orderly by the remote side
}

// FilesOpened answers OpenFiles.
type FilesOpened struct {
	Torrent TorrentID
	// Present marks the pieces whose every byte may be on disk: all that is
	// worth checking.
	Present bitfield.Bitfield
	Stamps  []resume.FileStamp // of the files before anything was touched
	Changes []FileChange       // by others, since they were closed; by file
	Volume  string             // the filesystem that they are on; "": unknown
	Dir     string             // where they are, if an earlier instance has moved them; else ""
	Left    error              // why not all of it could be deleted where they were before that
	Err     error
}

// FilesSynced answers Sync: everything written before it was asked for is
// durable if Err is nil.
type FilesSynced struct {
	Torrent TorrentID
	Stamps  []resume.FileStamp // of the files after the sync
	Changes []FileChange       // by others, since the last look; by file
	Err     error
}

// FilesClosed answers CloseFiles; everything written before is durable if Err
// is nil.
type FilesClosed struct {
	Torrent TorrentID
	Stamps  []resume.FileStamp // of the closed files
	Changes []FileChange       // by others, since the last look; by file
	Err     error
}

// BlockRead answers ReadBlock.
type BlockRead struct {
	Torrent TorrentID
	Conn    ConnID
	Block   wire.Block
	Data    []byte
	Err     error
}

// BlocksWritten says that n bytes of a piece, given by WriteBlock, have reached
// its file, or could not, or need not.
type BlocksWritten struct {
	Torrent TorrentID
	Piece   int
	N       int
	Right   bool         // the piece was to be spared, and is right: they were not written
	Lost    []wire.Block // with Err: those that may not be on disk, and are no more in memory
	Unread  error        // the piece was to be spared, and nobody could see whether it is right
	Err     error
}

// PieceChecked answers CheckPiece.
type PieceChecked struct {
	CheckPiece
	OK bool
	// Digests has the SHA-1 of each block, when the piece failed or when they
	// were asked for; zero for a block that the disk has not kept as it came, nil where
	// they could not be had, and Unread says why if that is the disk: DiskCorrupt if the
	// piece may be wrong by its fault alone.
	Digests []metainfo.Hash
	Unread  error
	Err     error // it could not be read: neither right nor wrong
	Void    bool  // blocks did not reach the disk, or need not, as BlocksWritten told: it was not looked at
	// ReadOnly is why a piece that is right could not be written again, where nothing
	// can be written at all. It is as good as it was.
	ReadOnly error
}

// Fetched answers Fetch.
type Fetched struct {
	ID     FetchID
	Status int
	Body   []byte
	Err    error
}

// PacketIn brings a datagram. Data belongs to whoever handles it.
type PacketIn struct {
	From netip.AddrPort
	Data []byte
}

// PacketFailed says that no datagram can be sent to an address, and why.
type PacketFailed struct {
	To  netip.AddrPort
	Err error
}

// Resolved answers Resolve. Without Err there is an address at least.
type Resolved struct {
	ID    ResolveID
	Addrs []netip.Addr
	Err   error
}

// AddTorrent is the command to take up a torrent.
type AddTorrent struct {
	ID    TorrentID
	Meta  *metainfo.MetaInfo
	State State
	// Priorities, one a file; nil: all 1. 0 is not downloaded.
	Priorities []int
	Peers      []netip.AddrPort
	Resume     *resume.State // what an earlier instance has left, or nil
	SeedMode   bool          // take files of the right size at their word
	// UpLimit and DownLimit bound its payload in bytes per second; 0: none.
	UpLimit, DownLimit int64
}

// RemoveTorrent is the command to stop a torrent and forget it.
type RemoveTorrent struct{ Torrent TorrentID }

// SetState is the command behind Start, Pause and Stop.
type SetState struct {
	Torrent TorrentID
	State   State
}

// SetPriorities is the command to want the files by other priorities, one a
// file.
type SetPriorities struct {
	Torrent    TorrentID
	Priorities []int
}

// FilesMoved answers MoveFiles.
type FilesMoved struct {
	Torrent  TorrentID
	Err      error
	Unsynced bool // with Err: it was a sync that has failed
}

// SetLimits is the command to bound the payload of a torrent, or with NoTorrent
// of all together, in bytes per second; 0 is no limit.
type SetLimits struct {
	Torrent  TorrentID
	Up, Down int64
}

// SetSlots is the command to serve another number of peers of each torrent at
// once: Slots by merit, Optimistic by turn.
type SetSlots struct{ Slots, Optimistic int }

// AddPeers tells a torrent of addresses given by the user.
type AddPeers struct {
	Torrent TorrentID
	Peers   []netip.AddrPort
}

// Hashcheck is the command to verify pieces against what is on disk; nil
// means all.
type Hashcheck struct {
	Torrent TorrentID
	Pieces  []int
}

// Shutdown is the command to stop every torrent and take no more.
type Shutdown struct{}

// Tick says that a deadline has come, and nothing else has happened.
type Tick struct{}

func (Opened) event()        {}
func (*Received) event()     {}
func (Sent) event()          {}
func (Closed) event()        {}
func (FilesOpened) event()   {}
func (FilesSynced) event()   {}
func (FilesClosed) event()   {}
func (BlockRead) event()     {}
func (BlocksWritten) event() {}
func (PieceChecked) event()  {}
func (Fetched) event()       {}
func (PacketIn) event()      {}
func (PacketFailed) event()  {}
func (Resolved) event()      {}
func (AddTorrent) event()    {}
func (RemoveTorrent) event() {}
func (SetState) event()      {}
func (SetPriorities) event() {}
func (FilesMoved) event()    {}
func (SetLimits) event()     {}
func (SetSlots) event()      {}
func (AddPeers) event()      {}
func (Hashcheck) event()     {}
func (Shutdown) event()      {}
func (Tick) event()          {}
