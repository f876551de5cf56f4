package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// What Decode fails with, wrapped in an error that says what was wrong.
var (
	ErrHandshake = errors.New("malformed handshake")
	ErrMalformed = errors.New("malformed message")
)

// Decoder turns the bytes of one direction of one connection into a handshake
// and the messages after it. The bytes may be cut anywhere: the outcome depends
// on the stream alone.
//
// It never trusts a length: sizes are checked against the limits as soon as
// they are known, and memory grows with the bytes that arrived. The exception
// is a block, whose buffer is taken whole at its first byte: BlockSize at most.
//
// A Decoder is not safe for concurrent use.
type Decoder struct {
	alloc    func(n int) []byte
	stage    stage
	inBlocks bool // the last message was a full block
	have     int  // bytes in part
	left     int  // bytes of the message under way that are still to come, after those in part
	err      error
	blocks   int64              // bytes of blocks that have come
	msg      Message            // the message under way
	part     [HandshakeLen]byte // what has come of the handshake, prefix or fields

	heads [PlaceBlocks][pieceHead]byte // see Place
}

// A stage is what the next byte belongs to.
type stage uint8

const (
	inHandshake stage = iota
	inPrefix
	inID
	inFields
	inPayload
	inSkipped // a message with an id we do not know
)

// NewDecoder returns a Decoder at the start of a stream. The Data of every
// Piece comes from alloc(n), 0 < n <= BlockSize, which returns a slice with at
// least that capacity; its owner is whoever gets the message. All other Data is
// freshly allocated.
func NewDecoder(alloc func(n int) []byte) *Decoder {
	return &Decoder{alloc: alloc}
}

// Decode consumes all of in, keeps nothing of it, and appends the messages it
// completes to dst. hello is the handshake, in the one call that completes it.
// Messages with unknown ids are left out.
//
// An error is ErrHandshake or ErrMalformed; what was decoded before it is still
// returned. It is final: there is no way to find the next message in a stream
// that lost its framing, so every later call returns the same error.
func (d *Decoder) Decode(in []byte, dst []Message) (hello *Handshake, out []Message, err error) {
	out = dst
	for len(in) > 0 && d.err == nil {
		var n int
		var complete bool
		switch d.stage {
		case inHandshake:
			n, hello = d.handshake(in)
		case inPrefix:
			n, complete = d.prefix(in)
		case inID:
			n, complete = d.id(in)
		case inFields:
			n, complete = d.fields(in)
		case inPayload:
			n, complete = d.payload(in)
		case inSkipped:
			n = d.skip(in)
		}
		in = in[n:]
		if complete {
			out = d.emit(out)
		}
	}
	return hello, out, d.err
}

// emit appends the message that is complete to dst.
func (d *Decoder) emit(dst []Message) []Message {
	d.inBlocks = d.msg.Kind == Piece && d.msg.Length == BlockSize
	dst = append(dst, d.msg)
	d.msg = Message{} // Data belongs to the receiver now
	d.stage = inPrefix
	return dst
}

// BlockBytes is the number of bytes of blocks that have come so far, those of a
// block that is not complete among them.
func (d *Decoder) BlockBytes() int64 { return d.blocks }

func (d *Decoder) fail(kind error, format string, args ...any) {
	d.err = fmt.Errorf("%w: %s", kind, fmt.Sprintf(format, args...))
}

// gather collects the next want bytes in part. It returns how many it took and
// whether they are all there.
func (d *Decoder) gather(in []byte, want int) (n int, full bool) {
	n = copy(d.part[d.have:want], in)
	d.have += n
	if d.have < want {
		return n, false
	}
	d.have = 0
	return n, true
}

func (d *Decoder) handshake(in []byte) (n int, hello *Handshake) {
	from := d.have
	n, full := d.gather(in, HandshakeLen)
	// Whoever speaks another protocol is told apart at the first byte that
	// differs, not after waiting for 68 bytes that may never come.
	for i := from; i < min(from+n, 1+len(protocol)); i++ {
		if i == 0 && d.part[0] != byte(len(protocol)) {
			d.fail(ErrHandshake, "protocol string of %d bytes, want %d", d.part[0], len(protocol))
			return n, nil
		}
		if i > 0 && d.part[i] != protocol[i-1] {
			d.fail(ErrHandshake, "protocol string %q is not the start of %q", d.part[1:i+1], protocol)
			return n, nil
		}
	}
	if !full {
		return n, nil
	}
	d.stage = inPrefix
	return n, parseHandshake(&d.part)
}

func (d *Decoder) prefix(in []byte) (n int, complete bool) {
	n, full := d.gather(in, prefixLen)
	if !full {
		return n, false
	}
	size := binary.BigEndian.Uint32(d.part[:])
	switch {
	case size == 0:
		d.msg.Kind = KeepAlive
		return n, true
	case size > maxFrame:
		d.fail(ErrMalformed, "length prefix of %d bytes, limit %d", size, maxFrame)
	default:
		d.left = int(size)
		d.stage = inID
	}
	return n, false
}

// id reads the message's id and, since now it is known what the length may be,
// checks it.
func (d *Decoder) id(in []byte) (n int, complete bool) {
	kind := Kind(in[0])
	d.left -= idLen
	s := shapeOf(kind)
	switch {
	case !s.known:
		d.stage = inSkipped
		if d.left == 0 {
			d.stage = inPrefix
		}
		return idLen, false
	case d.left < s.fields || d.left > s.fields+s.payloadMax:
		d.fail(ErrMalformed, "%v of %d bytes after its id, want %s", kind, d.left, s)
		return idLen, false
	}
	d.msg.Kind = kind
	switch {
	case s.fields > 0:
		d.stage = inFields
	case d.left > 0:
		d.stage = inPayload
	default:
		return idLen, true
	}
	return idLen, false
}

func (d *Decoder) fields(in []byte) (n int, complete bool) {
	size := shapes[d.msg.Kind].fields
	n, full := d.gather(in, size)
	if !full {
		return n, false
	}
	d.left -= size
	m, b := &d.msg, d.part[:maxFields]
	switch m.Kind {
	case Have, Suggest, AllowedFast:
		m.Index = binary.BigEndian.Uint32(b)
	case Piece:
		m.Index, m.Begin = binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
		m.Length = uint32(d.left)
	case Request, Cancel, Reject:
		m.Index, m.Begin = binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
		m.Length = binary.BigEndian.Uint32(b[8:])
	case Port:
		m.Length = uint32(binary.BigEndian.Uint16(b))
	case Extended:
		m.Sub = b[0]
	}
	if d.left == 0 {
		return n, true
	}
	d.stage = inPayload
	return n, false
}

// payload copies what is there of the payload. A block goes straight to the
// buffer it stays in until it is on disk: the one copy there is, and with a
// recycling alloc no garbage. See BenchmarkDecode.
func (d *Decoder) payload(in []byte) (n int, complete bool) {
	if d.msg.Kind == Piece && d.msg.Data == nil {
		d.msg.Data = d.alloc(d.left)
		if cap(d.msg.Data) < d.left {
			panic(fmt.Sprintf("wire: alloc(%d) returned %d bytes", d.left, cap(d.msg.Data)))
		}
		d.msg.Data = d.msg.Data[:0]
	}
	n = min(d.left, len(in))
	d.msg.Data = append(d.msg.Data, in[:n]...)
	if d.left -= n; d.msg.Kind == Piece {
		d.blocks += int64(n)
	}
	return n, d.left == 0
}

func (d *Decoder) skip(in []byte) (n int) {
	n = min(d.left, len(in))
	d.left -= n
	if d.left == 0 {
		d.stage = inPrefix
	}
	return n
}
