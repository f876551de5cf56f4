// Package record writes down a run of the core and plays it again. Only events
// change the core, so the events of a run, each with its time, and what the core
// began with, its configuration and its randomness, are the run: played again
// they lead to the same effects in the same order. Of the effects a recording
// has a checksum for each turn, which proves that.
//
// The layout; numbers outside of blocks are big-endian:
//
//	8 bytes  magic "bt-runs\n"
//	4        version, 1
//	8        schema: what events and effects are made of, as a checksum
//	         blocks, until the end of the file
//
//	4        of each block: its length
//	4        its CRC-32C
//	         its bytes
//
// The bytes of all blocks together are one stream, which pays no heed to where
// blocks end: a Header, then items, each of which begins with a byte that says
// what it is:
//
//	turn     nanoseconds since the last one, by the time of the core; milliseconds by
//	         which the wall clock has drifted from that since the last one
//	event    one of those of package boundary; the byte says which
//	refused  an address that the filter has refused while the last event was handled
//	effects  what the turn has led to, a line each, if that is recorded
//	settled  the end of a turn: 4 bytes of the checksum of all effects so far
//	end      the run has ended in order, and nothing follows
//
// Numbers are varints, negative ones in zigzag. Blocks of payload are not
// written, only their length: the core passes them on and never looks at them.
// What it does know of them, whether a piece has passed its hash and the digests
// of the blocks of one that has not, is in PieceChecked.
//
// The file is only ever appended to. Whatever becomes of its end, the turns
// before are there.
package record

// Limits of what is read, beside those of the packages that know better.
const (
	// maxBlock bounds what is allocated before its checksum is known to be right.
	// The Writer makes blocks of half the size.
	maxBlock = 64 << 10
	// maxBytes bounds one string: the largest is the info dictionary of a torrent,
	// for which metainfo allows as much.
	maxBytes = 64 << 20
	// maxItems bounds one list: no message or torrent has more of anything.
	maxItems = 1 << 22
	// maxBits is what metainfo allows of pieces.
	maxBits = 1 << 21
	// maxPayload bounds a block of payload: nobody is asked for so much, nor gets it.
	maxPayload = 1 << 20
)

const (
	magic   = "bt-runs\n"
	version = 1
	headLen = len(magic) + 4 + 8
	crcLen  = 4
	sizeLen = 4
)

// Items. Events come after them.
const (
	itemTurn    = 1
	itemRefused = 2
	itemSettled = 3
	itemEnd     = 4
	itemEffects = 5
	itemEvent   = 16 // and its index in kinds
)
