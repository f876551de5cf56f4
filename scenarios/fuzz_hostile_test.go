package scenarios

import (
	"net/netip"
	"testing"
	"time"

	"bt/client"
	"bt/client/wire"
)

// FuzzHostile takes any bytes for the script of a hostile peer, lets it loose on a
// client that knows nobody else yet, and twenty seconds later a seed comes. With
// all oracles on, the client must not panic, must leave nothing behind, must not
// blame the seed, and must complete.
func FuzzHostile(f *testing.F) {
	for _, s := range hostileSeeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, code []byte) {
		st := newStage(t, Torrent{Piece: 16 * KiB, Size: 20*16*KiB - 5},
			Actor{Name: "client", Kind: Leech, Has: "3,7", Knows: theSeed}, Actor{Name: "seed", Kind: Seed, Start: 20 * Second})
		seed := st.net.Host("seed").Addr()
		st.noticers = append(st.noticers, noticed(func(_ *node, x client.Notice) {
			switch x := x.(type) {
			case client.PeerBanned:
				if x.Addr.Addr() == seed {
					t.Error("the seed was banned")
				}
			case client.PeerDisconnected:
				if x.Addr.Addr() == seed && x.Reason != client.ConnectFailed && x.Reason != client.SeedToSeed && x.Reason != client.ByRemote && x.Reason != client.LocalStop {
					t.Errorf("the seed was sent away: %v", x.Reason)
				}
			}
		}))
		st.until(time.Second)
		visits := 0
		st.join("10.9.9.9", func(p *player) {
			if visits++; visits > hostileVisits {
				return
			}
			(&coded{p, code}).play()
		}, "client")
		st.until(4 * time.Minute)
		if n := st.node("client"); n.completeAt < 0 {
			t.Errorf("not complete: %s", n.standing())
		}
		st.end()
	})
}

// hostileVisits bounds the connections of a script that hangs up.
const hostileVisits = 5

// coded is a script made of bytes: an operation, and what it needs. Where bytes
// are missing they are zero.
type coded struct {
	*player
	code []byte
}

func (c *coded) byte() (b byte) {
	if len(c.code) > 0 {
		b, c.code = c.code[0], c.code[1:]
	}
	return b
}

// number is one around those that mean something for n things, or anything at all.
func (c *coded) number(n uint32) uint32 {
	b := uint32(c.byte())
	switch {
	case b < 0xe0:
		return b % (n + 1)
	case b < 0xf0:
		return b << 24
	}
	return 1<<32 - 1 - b%16
}

func (c *coded) block() wire.Block {
	b := wire.Block{Index: c.number(20), Begin: c.number(2) * wire.BlockSize / 2, Length: c.number(2) * wire.BlockSize / 2}
	if c.byte()%4 > 0 {
		b.Begin, b.Length = 0, wire.BlockSize
	}
	return b
}

// data is up to so many bytes.
func (c *coded) data(most int) []byte {
	p := make([]byte, int(c.byte())*most/255)
	for i := range p {
		if len(c.code) == 0 {
			break
		}
		p[i] = c.byte()
	}
	return p
}

func (c *coded) play() {
	if c.byte()%8 > 0 {
		c.greet(greeting(c.byte() % 3))
	}
	for len(c.code) > 0 {
		c.step(c.byte())
	}
	c.rest()
}

func (c *coded) step(op byte) {
	simple := []wire.Kind{wire.Choke, wire.Unchoke, wire.Interested, wire.NotInterested, wire.HaveAll, wire.HaveNone, wire.KeepAlive}
	about := []wire.Kind{wire.Have, wire.Request, wire.Cancel, wire.Port, wire.Suggest, wire.Reject, wire.AllowedFast}
	switch op % 16 {
	case 0, 1, 2:
		c.say(simple[int(c.byte())%len(simple)])
	case 3, 4:
		c.send(c.block().Message(about[int(c.byte())%len(about)]))
	case 5:
		c.send(wire.Message{Kind: wire.Bitfield, Data: c.data(4)})
	case 6, 7:
		for b := range c.requests(time.Second) { // those that are open
			c.serve(b, c.byte()%4 > 0)
		}
	case 8:
		b := c.block()
		b.Length = min(b.Length, 1<<17)
		c.give(b, make([]byte, b.Length))
	case 9:
		c.send(wire.Message{Kind: wire.Extended, Sub: c.byte() % 4, Data: c.data(300)})
	case 10:
		c.raw(c.data(70)...)
	case 11, 12:
		c.sleep(time.Duration(c.byte()) * 50 * time.Millisecond)
	case 13:
		for range c.byte() {
			c.ask(c.block())
		}
	case 14:
		for len(c.queue) > 0 {
			c.refuse(c.dequeue(c.queue[0]))
		}
	default:
		c.part(c.byte())
	}
}

// part ends the conversation in some way.
func (c *coded) part(how byte) {
	switch how % 4 {
	case 0:
		c.hangUp()
	case 1:
		c.stream.PauseReads(true)
	case 2:
		c.insists = true
		c.host.Internet().ResetStreams(c.host, c.host.Internet().Host("client"))
		c.rest()
	default:
		c.dial(netip.AddrPortFrom(c.remote().Addr(), clientPort))
		c.sleep(time.Second)
	}
}

// hostileSeeds are scripts to begin with.
func hostileSeeds() [][]byte {
	return [][]byte{
		nil,
		[]byte("110A000C700"),                 // wants something, and then has everything
		{1, 0, 0, 2, 11, 4, 3, 1, 0, 0, 1, 1}, // without BEP 6, asks for what the client lacks
		{1, 1, 0, 4, 0, 1, 6, 1, 1, 1, 0, 6, 0, 0, 0},          // a poisoner
		{1, 1, 0, 4, 0, 1, 12, 255, 14, 12, 255, 15, 0},        // a liar that hangs up
		{1, 0, 5, 255, 255, 255, 255, 255, 0, 1, 15, 1},        // spare bits, and deaf
		{1, 1, 0, 5, 0, 2, 13, 255, 1, 2, 1, 1},                // asks a lot
		{1, 2, 0, 4, 9, 0, 40, 'd', '1', ':', 'm', 'i', '0'},   // a bad introduction
		{1, 1, 0, 4, 0, 1, 8, 1, 0, 2, 1, 8, 1, 0, 2, 1},       // unasked blocks
		{0, 10, 255, 19, 'B', 'i', 't'},                        // half a handshake
		{1, 1, 0, 4, 0, 1, 12, 20, 0, 0, 0, 1, 6, 1, 15, 2},    // flaps, and is reset
		{1, 1, 3, 250, 0, 0, 0, 0, 3, 19, 0, 0, 1, 6, 15, 3},   // a HAVE far out of range
		{1, 1, 0, 5, 3, 4, 0, 0, 1, 6, 3, 5, 0, 0, 1, 6, 0, 1}, // grants, and calls twice
	}
}
