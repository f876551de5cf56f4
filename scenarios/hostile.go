package scenarios

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"time"

	"bt/client/wire"
	"bt/simnet"
	"bt/transport"
)

// hostile is a scripted peer: it speaks the protocol well enough to be let in,
// and then misbehaves as its personality has it. It accepts connections,
// announces itself to the torrent's trackers, and dials whom it is told of.
type hostile struct {
	host      *simnet.Host
	truth     *truth
	rng       *rand.Rand
	character character
	peerID    [20]byte
	conns     []*hostileConn // open ones, in the order they came up
	counts    hostileCounts
}

// hostileCounts is what a hostile peer has seen and done, on all connections.
type hostileCounts struct {
	Conns    int // past the handshake
	Closed   int // of them
	Requests int // received
	Cancels  int // received
	Rejects  int // received
	Unchokes int // received
	Served   int // blocks sent
	Pieces   int // blocks received
	// Unchoked is how long connections were unchoked by the remote side, those
	// that still are not included.
	Unchoked time.Duration
}

// character is what makes a personality. A hostile peer has one for all its
// connections.
type character interface {
	// hello says how to answer a handshake, or to begin with one.
	hello() greeting
	// opened is called when both handshakes are through.
	opened(c *hostileConn)
	// heard is called for every message. The frame is valid during the call.
	heard(c *hostileConn, f *frame)
}

// greeting is a handshake.
type greeting uint8

const (
	noHello    greeting = iota
	plainHello          // of a client that knows BEP 3 alone
	fastHello           // of one that has the Fast extension (BEP 6)
	tenHello            // of one that speaks the extension protocol (BEP 10) too
)

// characters makes the personalities, by name.
var characters = map[string]func() character{
	"backer":         func() character { return &backer{} },
	"choker":         func() character { return &choker{} },
	"colluder":       func() character { return &colluder{} },
	"deaf":           func() character { return &deaf{} },
	"corpse":         func() character { return &corpse{} },
	"flapper":        func() character { return &flapper{} },
	"freerider":      func() character { return &freerider{} },
	"garbage":        func() character { return &garbage{} },
	"idle":           func() character { return &idle{} },
	"liar":           func() character { return &liar{} },
	"mistaken":       func() character { return &mistaken{} },
	"lurker":         func() character { return &lurker{} },
	"mute":           func() character { return &mute{} },
	"over-requester": func() character { return &overRequester{} },
	"poisoner":       func() character { return &poisoner{} },
	"silent":         func() character { return &silent{} },
	"slow":           func() character { return &slow{} },
	"snubber":        func() character { return &snubber{} },
	"suggester":      func() character { return &suggester{} },
	"unsolicited":    func() character { return &unsolicited{} },
	"withdrawer":     func() character { return &withdrawer{} },
}

// personalities lists the names that newHostile knows.
func personalities() []string { return slices.Sorted(maps.Keys(characters)) }

// newHostile starts a hostile peer on a host. It listens on the port that
// clients have in scenarios, and dials peers.
func newHostile(host *simnet.Host, t *truth, personality string, rng rand.Source, peers []netip.AddrPort) (*hostile, error) {
	character := characters[personality]
	if character == nil {
		return nil, fmt.Errorf("hostile peer %s: unknown personality %q", host.Name(), personality)
	}
	return startHostile(host, t, character(), rng, peers)
}

func startHostile(host *simnet.Host, t *truth, character character, rng rand.Source, peers []netip.AddrPort) (*hostile, error) {
	h := &hostile{host: host, truth: t, rng: rand.New(rng), character: character}
	copy(h.peerID[:], "-XX0000-")
	for i := 8; i < len(h.peerID); i++ {
		h.peerID[i] = byte('a' + h.rng.IntN(26))
	}
	addr := netip.AddrPortFrom(netip.IPv6Unspecified(), clientPort)
	if _, _, err := host.Net().Listen(addr, h.accept); err != nil {
		return nil, fmt.Errorf("hostile peer %s: %w", host.Name(), err)
	}
	for _, addr := range peers {
		h.dial(addr)
	}
	h.announce()
	return h, nil
}

func (h *hostile) accept(s transport.Stream) transport.Handler {
	return newHostileConn(h, s, false)
}

func (h *hostile) dial(addr netip.AddrPort) {
	c := newHostileConn(h, nil, true)
	c.stream = h.host.Net().Dial(addr, c)
}

const (
	// announceEvery keeps it known to trackers.
	announceEvery = time.Minute
	// hostileFetch bounds an announce; what comes of it does not matter.
	hostileFetch = 20 * time.Second
)

// announce tells all trackers that it is there, again and again.
func (h *hostile) announce() {
	q := url.Values{
		"info_hash": {string(h.truth.meta.InfoHash[:])}, "peer_id": {string(h.peerID[:])},
		"port": {strconv.Itoa(clientPort)}, "uploaded": {"0"}, "downloaded": {"0"}, "left": {"1"},
		"compact": {"1"}, "numwant": {"0"}, "event": {"started"},
	}
	for _, tier := range h.truth.meta.Trackers {
		for _, tracker := range tier {
			h.host.HTTP().Fetch(transport.FetchRequest{URL: tracker + "?" + q.Encode(), Timeout: hostileFetch, MaxBody: 1 << 20},
				func(transport.FetchResponse, error) {})
		}
	}
	h.host.At(announceEvery, h.announce)
}

// hostileConn is one connection of a hostile peer. It implements
// transport.Handler.
type hostileConn struct {
	*hostile
	stream transport.Stream
	dialer bool
	reader frameReader
	greets bool // our handshake was sent
	open   bool // both handshakes are through, and it has not ended

	began    time.Time // when both handshakes were through
	choking  bool      // we choke, having unchoked before
	unchoked time.Time // since when the remote side unchokes us; zero: it does not
	fast     bool
	has      pieceSet // of the remote side
	served   int      // blocks sent on this connection
	queue    []wire.Block
}

func newHostileConn(h *hostile, s transport.Stream, dialer bool) *hostileConn {
	c := &hostileConn{hostile: h, stream: s, dialer: dialer, has: newPieceSet(h.truth.meta.Info.NumPieces())}
	c.reader = frameReader{onHello: c.handleHello, onFrame: c.handleFrame}
	return c
}

// Opened implements transport.Handler.
func (c *hostileConn) Opened() {
	if c.dialer {
		c.greet()
	}
}

func (c *hostileConn) greet() {
	how := c.character.hello()
	if c.greets || how == noHello {
		return
	}
	c.greets = true
	h := wire.Handshake{InfoHash: c.truth.meta.InfoHash, PeerID: c.peerID}
	if how != plainHello {
		h.SetFast()
	}
	if how == tenHello {
		h.SetExtended()
	}
	c.stream.Send(wire.AppendHandshake(nil, &h))
}

// Received implements transport.Handler.
func (c *hostileConn) Received(p []byte) { c.reader.read(p) }

// Sent implements transport.Handler.
func (c *hostileConn) Sent(int) {}

// Closed implements transport.Handler.
func (c *hostileConn) Closed(error) {
	if !c.open {
		return
	}
	c.open = false
	c.counts.Closed++
	c.noteChoke()
	c.conns = slices.DeleteFunc(c.conns, func(o *hostileConn) bool { return o == c })
}

func (c *hostileConn) handleHello(h *hello) {
	c.greet()
	if !c.greets {
		return
	}
	c.fast, c.open = h.fast() && c.character.hello() != plainHello, true
	c.began = c.now()
	c.counts.Conns++
	c.conns = append(c.conns, c)
	c.character.opened(c)
}

func (c *hostileConn) handleFrame(f *frame) {
	if !c.open {
		return
	}
	switch f.kind {
	case wire.Request:
		c.counts.Requests++
	case wire.Cancel:
		c.counts.Cancels++
	case wire.Reject:
		c.counts.Rejects++
	case wire.Piece:
		c.counts.Pieces++
	case wire.Unchoke:
		c.counts.Unchokes++
		if c.unchoked.IsZero() {
			c.unchoked = c.now()
		}
	case wire.Choke:
		c.noteChoke()
	case wire.Have:
		if p := int(f.block.Index); p < c.pieces() {
			c.has.set(p)
		}
	case wire.Bitfield, wire.HaveAll, wire.HaveNone:
		if has, ok := piecesOf(f, c.pieces()); ok {
			c.has = has
		}
	}
	c.character.heard(c, f)
}

// noteChoke ends a time of being unchoked.
func (c *hostileConn) noteChoke() {
	if !c.unchoked.IsZero() {
		c.counts.Unchoked += c.now().Sub(c.unchoked)
		c.unchoked = time.Time{}
	}
}

func (h *hostile) now() time.Time { return h.host.Clock().Now() }
func (h *hostile) pieces() int    { return h.truth.meta.Info.NumPieces() }

// What a script says.

// say sends messages that have no fields.
func (c *hostileConn) say(kinds ...wire.Kind) {
	for _, k := range kinds {
		c.send(wire.Message{Kind: k})
	}
}

func (c *hostileConn) send(m wire.Message) { c.stream.Send(wire.AppendMessage(nil, m)) }

// claimAll says that we have everything, in the way the connection allows.
func (c *hostileConn) claimAll() {
	if c.fast {
		c.say(wire.HaveAll)
		return
	}
	c.claim(func(int) bool { return true })
}

// claim says that we have some pieces.
func (c *hostileConn) claim(has func(piece int) bool) {
	bits := make([]byte, (c.pieces()+7)/8)
	for p := range c.pieces() {
		if has(p) {
			bits[p/8] |= 0x80 >> (p % 8)
		}
	}
	c.send(wire.Message{Kind: wire.Bitfield, Data: bits})
}

// hangUpTime is how long a peer that hangs up stays away.
const hangUpTime = time.Second

// hangUp ends the connection, and dials anew in a moment.
func (c *hostileConn) hangUp() {
	addr := netip.AddrPortFrom(c.stream.RemoteAddr().Addr(), clientPort)
	c.stream.Close()
	c.host.At(hangUpTime, func() { c.dial(addr) })
}

// claimNothing says that we have nothing.
func (c *hostileConn) claimNothing() {
	if c.fast {
		c.say(wire.HaveNone)
	}
}

// serve sends a block, the truth or another one.
func (c *hostileConn) serve(b wire.Block, truth bool) {
	if !c.exists(b) {
		return
	}
	data := slices.Clone(c.truth.piece(int(b.Index))[b.Begin : b.Begin+b.Length])
	if !truth {
		data[c.rng.IntN(len(data))] ^= 0x55
	}
	c.counts.Served++
	c.served++
	c.send(wire.Message{Kind: wire.Piece, Index: b.Index, Begin: b.Begin, Length: b.Length, Data: data})
}

func (c *hostileConn) exists(b wire.Block) bool {
	return int64(b.Index) < int64(c.pieces()) && b.Length > 0 && b.Length <= wire.BlockSize &&
		int64(b.Begin)+int64(b.Length) <= c.truth.meta.Info.PieceSize(int(b.Index))
}

// anyBlock is a block of the torrent, at random.
func (c *hostileConn) anyBlock() wire.Block {
	p := c.rng.IntN(c.pieces())
	size := c.truth.meta.Info.PieceSize(p)
	begin := c.rng.Int64N((size+wire.BlockSize-1)/wire.BlockSize) * wire.BlockSize
	return wire.Block{Index: uint32(p), Begin: uint32(begin), Length: uint32(min(size-begin, wire.BlockSize))}
}

// every has do called again and again, as long as the connection lasts.
func (c *hostileConn) every(d time.Duration, do func()) {
	c.host.At(d, func() {
		if c.open {
			do()
			c.every(d, do)
		}
	})
}

// dequeue takes a request out that was cancelled.
func (c *hostileConn) dequeue(b wire.Block) {
	if i := slices.Index(c.queue, b); i >= 0 {
		c.queue = slices.Delete(c.queue, i, i+1)
		c.refuse(b)
	}
}

// refuse rejects a request, where the connection has a way to.
func (c *hostileConn) refuse(b wire.Block) {
	if c.fast {
		c.send(b.Message(wire.Reject))
	}
}
