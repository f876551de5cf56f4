package boundary

import (
	"net/netip"

	"bt/client/wire"
)

// Effects is what the core asks the world to do, in the order of each slice.
// It is reused from turn to turn. Each field is a kind of I/O, never a feature.
type Effects struct {
	Dial       []Dial
	Send       []Send
	Close      []Close
	Allow      []AllowReads // answered by ReadsSpent
	OpenFiles  []TorrentID  // answered by FilesOpened
	Read       []ReadBlock
	Write      []WriteBlock
	Check      []CheckPiece // after all earlier Writes of that piece
	MoveFiles  []MoveFiles
	Sync       []TorrentID // answered by FilesSynced; writing may go on meanwhile
	Look       []LookAtFiles
	Probe      []ProbeDisk
	Relocate   []Relocate  // answered by Relocated
	CloseFiles []TorrentID // sync and close; after all earlier Reads, Writes and Checks
	Fetch      []Fetch
	HangUp     []FetchID // nobody waits for what they bring; Fetched comes all the same
	Packets    []Packet
	Resolve    []Resolve
	Notify     []Notice
}

// Reset empties e and keeps its memory.
func (e *Effects) Reset() {
	clear(e.Send) // let go of blocks and notices
	clear(e.Write)
	clear(e.MoveFiles)
	clear(e.Packets)
	clear(e.Notify)
	*e = Effects{
		Dial: e.Dial[:0], Send: e.Send[:0], Close: e.Close[:0], Allow: e.Allow[:0], OpenFiles: e.OpenFiles[:0],
		Read: e.Read[:0], Write: e.Write[:0], Check: e.Check[:0], MoveFiles: e.MoveFiles[:0], Sync: e.Sync[:0], Relocate: e.Relocate[:0], Look: e.Look[:0], Probe: e.Probe[:0], CloseFiles: e.CloseFiles[:0],
		Fetch: e.Fetch[:0], HangUp: e.HangUp[:0], Packets: e.Packets[:0], Resolve: e.Resolve[:0], Notify: e.Notify[:0],
	}
}

// Dial asks for a connection to Addr; Opened or Closed will follow.
type Dial struct {
	Conn ConnID
	Addr netip.AddrPort
}

// Send asks for one message, or a handshake when Hello is not nil.
type Send struct {
	Conn  ConnID
	Hello *wire.Handshake
	Msg   wire.Message
}

// Close asks to end a connection, after what was sent before on it in the same
// turn was handed to the network. Closed will follow.
type Close struct{ Conn ConnID }

// ReadBlock asks for a block of a verified piece, to be sent to Conn.
type ReadBlock struct {
	Torrent TorrentID
	Conn    ConnID
	Block   wire.Block
}

// WriteBlock gives a block to the disk, and the ownership of Data with it.
type WriteBlock struct {
	Torrent TorrentID
	Piece   int
	Begin   int
	Data    []byte

	// Spare says that the piece was right when it could last be read: it is read
	// once more, and only if it cannot be, or is wrong, the block is written over it.
	Spare bool
}

// CheckPiece asks whether the bytes of a piece on disk match its hash.
type CheckPiece struct {
	Torrent  TorrentID
	Piece    int
	Download bool // its blocks were just downloaded; else a hash check
	Digests  bool // tell the digest of each block in any case
	Rewrite  bool // write the bytes again, if they are right: they may be in memory only
}

// MoveFiles asks for the disk to follow new priorities: bytes of files that are
// wanted now move from the part file to where they belong.
type MoveFiles struct {
	Torrent    TorrentID
	Priorities []int
}

// Fetch asks for an HTTP GET.
type Fetch struct {
	ID  FetchID
	URL string
	// Addrs, unless empty, are asked in the place of those that the host of URL
	// has; all of one family.
	Addrs []netip.Addr
}

// Packet asks for a datagram to be sent.
type Packet struct {
	To   netip.AddrPort
	Data []byte
}

// Resolve asks for the addresses of a name.
type Resolve struct {
	ID   ResolveID
	Name string
}
