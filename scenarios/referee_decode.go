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
	onHello func(*hello)
	onFrame func(*frame)
	// onData is shown the data of a Piece, from offset off within its block on.
	onData func(b wire.Block, off int, p []byte)

	total   int64 // bytes up to the end of the last message
	hello   hello
	greeted int // bytes of the handshake
	fields  [headMax]byte
	head    []byte // of fields: length prefix, id and numbers, as far as they have come
	body    int    // bytes of data still to come
	data    int    // bytes of data in all
	inBody  bool
	f       frame
	err     error
}

// read takes more bytes. After an error, which says what is no message, nothing
// more is read.
func (r *frameReader) read(p []byte) error {
	for len(p) > 0 && r.err == nil {
		switch {
		case r.greeted < helloLen:
			p = r.readHello(p)
		case r.inBody:
			p = r.readBody(p)
		default:
			p = r.readHead(p)
		}
	}
	return r.err
}

func (r *frameReader) readHello(p []byte) []byte {
	n := copy(r.hello[r.greeted:], p)
	if r.greeted += n; r.greeted == helloLen {
		r.total = int64(helloLen)
		if !r.hello.valid() {
			r.err = fmt.Errorf("handshake begins with %q", r.hello[:helloReserved])
			return nil
		}
		r.onHello(&r.hello)
	}
	return p[n:]
}

// readHead gathers the bytes before the data of a message.
func (r *frameReader) readHead(p []byte) []byte {
	need := 4
	if len(r.head) >= 4 {
		need = 4 + r.headLen()
	}
	n := min(need-len(r.head), len(p))
	r.head = append(r.fields[:len(r.head)], p[:n]...)
	if len(r.head) < need {
		return nil
	}
	size := r.size()
	switch {
	case size > longestFrame:
		r.err = fmt.Errorf("a message of %d bytes", binary.BigEndian.Uint32(r.head))
	case len(r.head) == 4 && size == 0: // BEP 3: "Messages of length zero are keepalives"
		r.f = frame{kind: wire.KeepAlive}
		r.emit()
	case len(r.head) < 4+r.headLen():
		// The prefix was read, or the id: more follows.
	default:
		r.parseHead(size)
	}
	return p[n:]
}

// headLen is the number of bytes after the prefix that readHead gathers; the id
// alone as long as that is not known.
func (r *frameReader) headLen() int {
	if len(r.head) < 5 {
		return 1
	}
	return min(1+fixedFields(wire.Kind(r.head[4])), r.size())
}

// size is the length prefix; all that is too long counts as equally long.
func (r *frameReader) size() int {
	return int(min(binary.BigEndian.Uint32(r.head), longestFrame+1))
}

func (r *frameReader) parseHead(size int) {
	kind := wire.Kind(r.head[4])
	fields, rest := r.head[5:], size-1-fixedFields(kind)
	if rest < 0 || rest > 0 && !carriesData(kind) && knownKind(kind) {
		r.err = fmt.Errorf("%v of %d bytes", kind, size)
		return
	}
	r.f = frame{kind: kind}
	numbers := []*uint32{&r.f.block.Index, &r.f.block.Begin, &r.f.block.Length}
	for i := 0; 4*i+4 <= len(fields); i++ {
		*numbers[i] = binary.BigEndian.Uint32(fields[4*i:])
	}
	if kind == wire.Piece {
		r.f.block.Length = uint32(rest)
	}
	r.body, r.data, r.inBody = rest, rest, rest > 0
	if rest == 0 {
		r.emit()
	}
}

func (r *frameReader) readBody(p []byte) []byte {
	n := min(r.body, len(p))
	switch {
	case r.f.kind == wire.Piece && r.onData != nil:
		r.onData(r.f.block, r.data-r.body, p[:n])
	case r.f.kind == wire.Bitfield, r.f.kind == wire.Extended:
		r.f.bits = append(r.f.bits, p[:n]...)
	}
	if r.body -= n; r.body == 0 {
		r.emit()
	}
	return p[n:]
}

func (r *frameReader) emit() {
	r.total += int64(len(r.head) + r.data)
	r.head, r.data, r.inBody = r.head[:0], 0, false
	r.onFrame(&r.f)
}
