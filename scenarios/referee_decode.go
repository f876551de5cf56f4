package scenarios

import (
	"encoding/binary"
	"fmt"

	"bt/client/wire"
)

// The referee reads the peer wire protocol with a decoder of its own, written
// from BEP 3, 6 and 10: what the client's decoder gets wrong, this one need not.

// refereeProtocol is the first byte of a handshake and what it counts.
const refereeProtocol = "\x13BitTorrent protocol"

// Offsets in a handshake: the protocol, eight reserved bytes, the info-hash, the
// peer id.
const (
	helloReserved = len(refereeProtocol)
	helloHash     = helloReserved + 8
	helloID       = helloHash + 20
	helloLen      = helloID + 20
)

// hello is a handshake.
type hello [helloLen]byte

func (h *hello) valid() bool        { return string(h[:helloReserved]) == refereeProtocol }
func (h *hello) infoHash() [20]byte { return [20]byte(h[helloHash:]) }
func (h *hello) peerID() [20]byte   { return [20]byte(h[helloID:]) }

// fast says that the Fast extension is offered. BEP 6: "reserved[7] |= 0x04".
func (h *hello) fast() bool { return h[helloReserved+7]&0x04 != 0 }

// extended says that the extension protocol is. BEP 10: "(reserved_byte[5] &
// 0x10)".
func (h *hello) extended() bool { return h[helloReserved+5]&0x10 != 0 }

// dht says that a DHT node is there. BEP 5: "the last bit of the 8-byte reserved
// flags".
func (h *hello) dht() bool { return h[helloReserved+7]&0x01 != 0 }

// frame is one message. Which fields mean something depends on the kind.
type frame struct {
	kind  wire.Kind
	block wire.Block // Have, Suggest, AllowedFast: Index alone; Piece: Length is that of its data
	bits  []byte     // Bitfield, Extended: the payload; valid only until the next frame
}

func (f *frame) String() string {
	switch f.kind {
	case wire.Have, wire.Request, wire.Piece, wire.Cancel, wire.Reject:
		return fmt.Sprintf("%v %v", f.kind, f.block)
	}
	return f.kind.String()
}

// longestFrame bounds what is taken for a message at all.
const longestFrame = 1 << 20

// fixedFields is the number of bytes of numbers in a message, after its id.
func fixedFields(k wire.Kind) int {
	switch k {
	case wire.Have, wire.Suggest, wire.AllowedFast:
		return 4
	case wire.Port:
		return 2
	case wire.Piece:
		return 8
	case wire.Request, wire.Cancel, wire.Reject:
		return 12
	}
	return 0
}

// carriesData says whether bytes of any number may follow the numbers.
func carriesData(k wire.Kind) bool {
	return k == wire.Bitfield || k == wire.Piece || k == wire.Extended
}

// knownKind says whether a BEP defines the message.
func knownKind(k wire.Kind) bool {
	return k <= wire.Port || k >= wire.Suggest && k <= wire.AllowedFast || k == wire.Extended
}

// headMax is the longest head of a message, that of a request: length prefix, id
// and three numbers.
const headMax = 4 + 1 + 12

// frameReader takes one direction of a connection apart. Blocks are not kept:
// they are shown as they come.
type frameReader struct {
	state readerState
	body  int32 // bytes of data of the present message that are still to come
	total int64 // bytes up to the end of the present message
	f     frame
	part  []byte // what has come of a handshake, or of a head, of which there is more to come
	err   error
}

// frameTaker is shown what a frameReader has read.
type frameTaker interface {
	takeHello(*hello)
	takeFrame(*frame)
	// takeData is shown the data of a Piece, from offset off within its block on.
	takeData(b wire.Block, off int, p []byte)
}

// frameFuncs is a frameTaker. Of what has no function nothing is made.
type frameFuncs struct {
	onHello func(*hello)
	onFrame func(*frame)
	onData  func(b wire.Block, off int, p []byte)
}

func (t *frameFuncs) takeHello(h *hello) {
	if t.onHello != nil {
		t.onHello(h)
	}
}

func (t *frameFuncs) takeFrame(f *frame) {
	if t.onFrame != nil {
		t.onFrame(f)
	}
}

func (t *frameFuncs) takeData(b wire.Block, off int, p []byte) {
	if t.onData != nil {
		t.onData(b, off, p)
	}
}

// readerState is what comes next.
type readerState uint8

const (
	readsHello   readerState = iota // the handshake
	readsHead                       // the head of a message
	readsPart                       // the rest of one
	readsBody                       // data of a message
	readsNothing                    // what has come was no message
)

// failed says that there was an error.
func (r *frameReader) failed() bool { return r.state == readsNothing }

// fail makes this the error.
func (r *frameReader) fail(format string, args ...any) {
	r.state, r.err = readsNothing, fmt.Errorf(format, args...)
}

// read takes more bytes. After an error, which says what is no message, nothing
// more is read.
func (r *frameReader) read(p []byte, to frameTaker) error {
	for len(p) > 0 {
		switch r.state {
		case readsHello:
			p = r.readHello(p, to)
		case readsBody:
			p = r.readBody(p, to)
		case readsNothing:
			return r.err
		default:
			p = r.readHead(p, to)
		}
	}
	if r.state == readsNothing {
		return r.err
	}
	return nil
}

func (r *frameReader) readHello(p []byte, to frameTaker) []byte {
	n := min(helloLen-len(r.part), len(p))
	r.part = append(r.part, p[:n]...)
	if len(r.part) == helloLen {
		h := hello(r.part)
		r.part, r.total, r.state = nil, int64(helloLen), readsHead
		if !h.valid() {
			r.fail("handshake begins with %q", h[:helloReserved])
			return nil
		}
		to.takeHello(&h)
	}
	return p[n:]
}

// readHead takes the bytes before the data of a message, which most often come at
// once; else they are gathered.
func (r *frameReader) readHead(p []byte, to frameTaker) []byte {
	head, had := p, 0
	if r.state == readsPart {
		had = len(r.part)
		r.part = append(r.part, p[:min(headMax-had, len(p))]...)
		head = r.part
	}
	size, n := headSize(head)
	switch {
	case size > longestFrame:
		r.fail("a message of %d bytes", binary.BigEndian.Uint32(head))
		return nil
	case len(head) < n:
		r.part, r.state = append(r.part[:0], head...), readsPart
		return nil
	}
	r.state = readsHead
	r.parseHead(head[:n], size, to)
	return p[n-had:]
}

// headSize is the length prefix, and the number of bytes that readHead takes, as far
// as that is known by now. All that is too long counts as equally long.
func headSize(head []byte) (size, n int) {
	if len(head) < 4 {
		return 0, 4
	}
	size = int(min(binary.BigEndian.Uint32(head), longestFrame+1))
	switch {
	case size == 0: // BEP 3: "Messages of length zero are keepalives"
		return 0, 4
	case len(head) < 5:
		return size, 5
	}
	return size, 4 + min(1+fixedFields(wire.Kind(head[4])), size)
}

func (r *frameReader) parseHead(head []byte, size int, to frameTaker) {
	if size == 0 {
		r.total += int64(len(head))
		r.f = frame{kind: wire.KeepAlive}
		to.takeFrame(&r.f)
		return
	}
	kind := wire.Kind(head[4])
	fields, rest := head[5:], size-1-fixedFields(kind)
	if rest < 0 || rest > 0 && !carriesData(kind) && knownKind(kind) {
		r.fail("%v of %d bytes", kind, size)
		return
	}
	r.total += int64(len(head) + rest)
	r.f = frame{kind: kind}
	if len(fields) >= 4 {
		r.f.block.Index = binary.BigEndian.Uint32(fields)
	}
	if len(fields) >= 8 {
		r.f.block.Begin = binary.BigEndian.Uint32(fields[4:])
	}
	if len(fields) >= 12 {
		r.f.block.Length = binary.BigEndian.Uint32(fields[8:])
	}
	if kind == wire.Piece {
		r.f.block.Length = uint32(rest)
	}
	if rest == 0 {
		to.takeFrame(&r.f)
		return
	}
	r.body, r.state = int32(rest), readsBody
}

func (r *frameReader) readBody(p []byte, to frameTaker) []byte {
	n := min(int(r.body), len(p))
	switch {
	case r.f.kind == wire.Piece:
		to.takeData(r.f.block, int(r.f.block.Length)-int(r.body), p[:n])
	case r.f.kind == wire.Bitfield, r.f.kind == wire.Extended:
		r.f.bits = append(r.f.bits, p[:n]...)
	}
	if r.body -= int32(n); r.body == 0 {
		r.state = readsHead
		to.takeFrame(&r.f)
	}
	return p[n:]
}
