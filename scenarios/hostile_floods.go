package scenarios

import (
	"bytes"
	"fmt"
	"time"

	"bt/client/wire"
)

// These peers say too much.

const (
	// floodEvery is the time from one wave to the next.
	floodEvery = 100 * time.Millisecond
	// floodSize is the number of messages in each.
	floodSize = 100
)

// flood sends messages in waves, as long as the connection lasts, and serves what
// it is asked for meanwhile.
func (p *player) flood(next func() wire.Message) {
	for {
		p.sendMany(floodSize, next)
		for b := range p.requests(floodEvery) {
			p.serve(b, good)
		}
	}
}

// suggester is a good seed but for its flood of suggestions: again and again, of
// every piece that there is.
func suggester(p *player) {
	p.offer(fastHello)
	p.flood(func() wire.Message {
		return wire.Message{Kind: wire.Suggest, Index: uint32(p.rng.IntN(p.pieces()))}
	})
}

// haveSpammer comes with nothing, and then has every piece, again and again.
func haveSpammer(p *player) {
	p.greet(fastHello)
	p.claimNothing()
	p.flood(func() wire.Message {
		return wire.Message{Kind: wire.Have, Index: uint32(p.rng.IntN(p.pieces()))}
	})
}

// pinger has nothing to say and says so a thousand times a second.
func pinger(p *player) {
	p.greet(fastHello)
	p.claimNothing()
	p.flood(func() wire.Message { return wire.Message{Kind: wire.KeepAlive} })
}

const (
	garbageEvery = 100 * time.Millisecond
	garbageBytes = 1000
)

// garbage greets, and then sends bytes that mean nothing.
func garbage(p *player) {
	p.greet(fastHello)
	for {
		p.sleep(garbageEvery)
		b := make([]byte, garbageBytes)
		for i := range b {
			b[i] = byte(p.rng.Uint32())
		}
		p.raw(b...)
	}
}

// giant announces a message of two gigabytes, and begins to send it.
func giant(p *player) {
	p.greet(fastHello)
	p.raw(0x80, 0, 0, 0, byte(wire.Piece))
	for {
		p.raw(make([]byte, garbageBytes)...)
		p.sleep(garbageEvery)
	}
}

// newExtender makes a peer that abuses the extension protocol (BEP 10): on each
// connection, and then again every second, it introduces itself in another
// impossible way. It is a good seed otherwise.
func newExtender() script {
	hellos := [][]byte{
		[]byte("d1:md11:ut_metadatai0e6:ut_pexi0e11:lt_donthavei0ee4:reqqi-1ee"),
		[]byte("d1:md11:ut_metadatai1e6:ut_pexi1e11:lt_donthavei1ee4:reqqi9223372036854775807ee"),
		[]byte("d1:md11:ut_metadatai-3e6:ut_pexi4294967296e7:unknowni255ee1:pi-1ee"),
		[]byte("d1:mi5e4:reqq3:all1:vi7e6:yourip3:abc11:upload_only1:xe"),
		[]byte("d1:pi0e4:reqqi0ee"),
		[]byte("d1:v" + "200000:" + string(bytes.Repeat([]byte{0x1b}, 200_000)) + "e"),
		bytes.Repeat([]byte("l"), 100_000),
		[]byte("d"),
		nil,
		hugeExtensions(),
	}
	said := 0
	return func(p *player) {
		p.insists = true
		p.offer(tenHello)
		for {
			p.send(wire.Message{Kind: wire.Extended, Data: hellos[said%len(hellos)]})
			// Ids that nobody has told of, and one that is the handshake itself.
			p.send(wire.Message{Kind: wire.Extended, Sub: uint8(said), Data: hellos[said%len(hellos)]})
			said++
			for b := range p.requests(time.Second) {
				p.serve(b, good)
			}
		}
	}
}

// hugeExtensions is a handshake with ten thousand extensions in it.
func hugeExtensions() []byte {
	b := []byte("d1:md")
	for i := range 10_000 {
		b = fmt.Appendf(b, "6:x%05di%de", i, i%256)
	}
	return append(b, "ee"...)
}

// babbleEvery is the longest time from one outburst to the next.
const babbleEvery = 500 * time.Millisecond

// babbler speaks the grammar of the protocol, with anything at all in the fields.
// It is back whenever it was sent away.
func babbler(p *player) {
	p.insists = true
	p.greet(tenHello)
	for {
		for range 1 + p.rng.IntN(8) {
			p.send(p.anyMessage())
		}
		for b := range p.requests(p.upTo(babbleEvery)) {
			p.serve(b, p.rng.IntN(4) > 0)
		}
	}
}

// anyMessage is a message of any kind that there is. Its fields make sense more
// often than not, so that not every one is the last.
func (p *player) anyMessage() wire.Message {
	kinds := [...]wire.Kind{
		wire.Choke, wire.Unchoke, wire.Interested, wire.NotInterested, wire.Have, wire.Bitfield, wire.Request, wire.Piece,
		wire.Cancel, wire.Port, wire.Suggest, wire.HaveAll, wire.HaveNone, wire.Reject, wire.AllowedFast, wire.Extended, wire.KeepAlive,
	}
	b := p.anyBlock()
	if p.rng.IntN(20) == 0 {
		b = wire.Block{Index: p.rng.Uint32(), Begin: p.rng.Uint32(), Length: p.rng.Uint32()}
	}
	m := b.Message(kinds[p.rng.IntN(len(kinds))])
	switch m.Kind {
	case wire.Bitfield:
		m.Data = make([]byte, (p.pieces()+7)/8)
	case wire.Piece, wire.Extended:
		m.Data = make([]byte, p.rng.IntN(wire.BlockSize))
		m.Length = uint32(len(m.Data))
		m.Sub = uint8(p.rng.IntN(4))
	}
	for i := range m.Data {
		m.Data[i] = byte(p.rng.Uint32())
	}
	if m.Kind == wire.Bitfield {
		m.Data[len(m.Data)-1] &= 0xff << (7 - (p.pieces()-1)%8)
	}
	return m
}
