package client

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
)

// Config is what the user wants of a client. The zero value works.
type Config struct {
	// Port is preferred for incoming connections; 0 lets the system pick.
	Port int
	// Addr is the address to listen on; the zero value means all of them, of
	// both families.
	Addr netip.Addr

	MaxConns    int // connections in all; 0: 500
	MaxPeers    int // connections of one torrent; 0: 100
	MaxHalfOpen int // connection attempts under way; 0: 32
	UploadSlots int // peers of one torrent served at once, by merit; 0: 4, below 0: none
	Optimistic  int // and those by turn; 0: 1, below 0: none

	// UpLimit and DownLimit bound the payload of all torrents together, in
	// bytes per second; 0 is no limit.
	UpLimit, DownLimit int64

	// NoFast does not offer the Fast extension (BEP 6), so that peers speak to
	// this client as BEP 3 has it: for those whose Fast extension is wrong.
	NoFast bool

	// Filter, unless nil, says whether an address may be spoken to. Refused ones
	// are not dialled, are forgotten when somebody tells of them, and their own
	// connections are closed at once, with the reason Filtered. It is called
	// from the goroutine that calls Turn and may not call the client. For one
	// address it gives one answer until Refilter is called: a run must follow
	// from its events.
	Filter func(netip.Addr) bool

	// Details choose what OnNotice is told beside the news that everybody gets.
	Details Details

	// Record, unless nil, is written a recording of the run: all that the core is
	// told, the addresses of peers, the names of files and the URLs of trackers
	// among it, but no payload. 'btsim replay' plays it again. Write is called from
	// the goroutine that calls Turn, with some 32 KiB at most, once a second while
	// anything happens and at every turn after Close; a turn lasts as long as it
	// does. When it fails, RecordFailed is told, nothing more is recorded, and all
	// else goes on.
	Record io.Writer
	// RecordEffects has the effects of each turn recorded in words, beside their
	// checksum: a replay that differs can then be held against them. The recording
	// becomes some ten times as large.
	RecordEffects bool

	// OnNotice, unless nil, is told all news of all torrents, in order, from
	// the goroutine that calls Turn. Any method of Client and Torrent may be
	// called inside.
	OnNotice func(Notice)
}

const (
	// connsMax stays well below the 1024 files that systems allow a process
	// without being asked.
	connsMax    = 500
	peersMax    = 100
	halfOpenMax = 32
	// slotsDefault plus one optimistic: with fewer the uplink idles when one
	// peer is slow, with more each gets too little to care (Cohen 2003 has 4
	// in all, for the uplinks of 2003).
	slotsDefault      = 4
	optimisticDefault = 1
)

func (c Config) withDefaults() Config {
	orElse := func(v *int, d int) {
		switch {
		case *v == 0:
			*v = d
		case *v < 0:
			*v = 0
		}
	}
	orElse(&c.MaxConns, connsMax)
	orElse(&c.MaxPeers, peersMax)
	orElse(&c.MaxHalfOpen, halfOpenMax)
	orElse(&c.UploadSlots, slotsDefault)
	orElse(&c.Optimistic, optimisticDefault)
	if !c.Addr.IsValid() {
		c.Addr = netip.IPv6Unspecified()
	}
	return c
}

func (c Config) validate() error {
	if c.Port < 0 || c.Port > 65535 {
		return fmt.Errorf("port %d: not within 0 to 65535", c.Port)
	}
	return nil
}

// peerIDPrefix follows the Azureus style (BEP 20) as the ancestors did: two
// letters of the client, one digit of the major version, two of the minor, and
// U for unstable.
const peerIDPrefix = "-DT001U-"

// newPeerID makes a peer id of the prefix and twelve random characters that
// survive every log and every URL.
func newPeerID(rng *rand.Rand) (id [20]byte) {
	const chars = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	n := copy(id[:], peerIDPrefix)
	for i := n; i < len(id); i++ {
		id[i] = chars[rng.IntN(len(chars))]
	}
	return id
}
