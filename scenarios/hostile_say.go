package scenarios

import (
	"slices"

	"bt/client/wire"
)

// What a script says.

// greeting is a handshake.
type greeting uint8

const (
	plainHello greeting = iota // of a client that knows BEP 3 alone
	fastHello                  // of one that has the Fast extension (BEP 6)
	tenHello                   // of one that speaks the extension protocol (BEP 10) too
)

// handshake writes one.
func (p *player) handshake(how greeting) []byte {
	h := wire.Handshake{InfoHash: p.truth.meta.InfoHash, PeerID: p.peerID}
	if how != plainHello {
		h.SetFast()
	}
	if how == tenHello {
		h.SetExtended()
	}
	return wire.AppendHandshake(nil, &h)
}

// greet exchanges handshakes. Who has dialled says the first word.
func (p *player) greet(how greeting) {
	if !p.dials() {
		p.hearHello()
	}
	p.raw(p.handshake(how)...)
	p.hearHello()
	p.fast = p.fast && how != plainHello
	p.open, p.began = true, p.now()
	p.counts.Conns++
	p.conns = append(p.conns, p)
}

func (p *player) hearHello() { p.until(0, func() bool { return p.heard }) }

// raw sends bytes, whatever they mean.
func (p *player) raw(b ...byte) { p.sendAll(b, nil) }

// sendAll is Send without memory for the list of two.
func (p *player) sendAll(a, b []byte) {
	p.sending = [2][]byte{a, b}
	p.stream.Send(p.sending[:]...)
}

// say sends messages that have no fields.
func (p *player) say(kinds ...wire.Kind) {
	for _, k := range kinds {
		p.send(wire.Message{Kind: k})
	}
}

// sayMin is how much memory is made for messages at once: some say thousands of them.
const sayMin = 2 << 10

func (p *player) send(m wire.Message) {
	var data []byte
	if m.Kind == wire.Piece {
		data, m.Data = m.Data, nil // which can stay where it is
	}
	p.makeRoom(headMax + len(m.Data))
	from := len(p.said)
	p.said = wire.AppendHeader(p.said, m)
	p.sendAll(p.said[from:], data)
}

// sendMany sends so many messages, that are no blocks, at once.
func (p *player) sendMany(n int, next func() wire.Message) {
	p.makeRoom(n * headMax)
	from := len(p.said)
	for range n {
		p.said = wire.AppendMessage(p.said, next())
	}
	p.raw(p.said[from:]...)
}

// makeRoom makes room for so many bytes behind what was said.
func (p *player) makeRoom(n int) {
	if cap(p.said)-len(p.said) < n {
		p.said = make([]byte, 0, max(n, sayMin))
	}
}

// claimAll says that we have everything, in the way the connection allows.
func (p *player) claimAll() {
	if p.fast {
		p.say(wire.HaveAll)
		return
	}
	p.claim(all)
}

// all is what a peer claims that has everything.
func all(int) bool { return true }

// claim says that we have some pieces.
func (p *player) claim(has func(piece int) bool) {
	bits := make([]byte, (p.pieces()+7)/8)
	for i := range p.pieces() {
		if has(i) {
			bits[i/8] |= 0x80 >> (i % 8)
		}
	}
	p.send(wire.Message{Kind: wire.Bitfield, Data: bits})
}

// claimNothing says that we have nothing.
func (p *player) claimNothing() {
	if p.fast {
		p.say(wire.HaveNone)
	}
}

// offer greets as one that has everything and gives it to anybody.
func (p *player) offer(how greeting) {
	p.greet(how)
	p.claimAll()
	p.unchoke()
}

// unchoke takes requests from now on.
func (p *player) unchoke() {
	p.choking = false
	p.say(wire.Unchoke)
}

// choke takes none any more. What is open stays so: with the Fast extension it
// is still to be answered, without it the choke has voided it.
func (p *player) choke() {
	p.choking = true
	p.say(wire.Choke)
}

// What serve sends.
const (
	good = true  // the truth
	bad  = false // another block
)

// serve sends a block, if it exists.
func (p *player) serve(b wire.Block, truth bool) {
	if !p.exists(b) {
		return
	}
	data := p.truth.piece(int(b.Index))[b.Begin : b.Begin+b.Length]
	if !truth {
		data = slices.Clone(data)
		data[p.rng.IntN(len(data))] ^= 0x55
	}
	p.give(b, data)
}

// give sends a block of these bytes, from where they lie.
func (p *player) give(b wire.Block, data []byte) {
	p.counts.Served++
	p.served++
	p.send(wire.Message{Kind: wire.Piece, Index: b.Index, Begin: b.Begin, Length: b.Length, Data: data})
}

func (p *player) exists(b wire.Block) bool {
	return int64(b.Index) < int64(p.pieces()) && b.Length > 0 && b.Length <= wire.BlockSize &&
		int64(b.Begin)+int64(b.Length) <= p.truth.meta.Info.PieceSize(int(b.Index))
}

// anyBlock is a block of the torrent, at random.
func (p *player) anyBlock() wire.Block {
	i := p.rng.IntN(p.pieces())
	size := p.truth.meta.Info.PieceSize(i)
	begin := p.rng.Int64N((size+wire.BlockSize-1)/wire.BlockSize) * wire.BlockSize
	return wire.Block{Index: uint32(i), Begin: uint32(begin), Length: uint32(min(size-begin, wire.BlockSize))}
}

// ask makes a request, of whatever it is.
func (p *player) ask(b wire.Block) { p.send(b.Message(wire.Request)) }

// refuse rejects a request, where the connection has a way to.
func (p *player) refuse(b wire.Block) {
	if p.fast {
		p.send(b.Message(wire.Reject))
	}
}
