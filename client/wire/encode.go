package wire

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// headerMax is the longest header, that of a request: length prefix, id and three
// numbers. It is made room for at once, not number by number.
const headerMax = prefixLen + idLen + 12

// AppendMessage appends all bytes of m to dst. It panics when m is no message
// that a Decoder would accept in shape: an unknown Kind, or a Piece whose
// Length is not len(Data).
func AppendMessage(dst []byte, m Message) []byte {
	if m.Kind != Piece {
		return AppendHeader(dst, m)
	}
	dst = AppendHeader(slices.Grow(dst, Len(m)), m)
	if int(m.Length) != len(m.Data) {
		panic(fmt.Sprintf("wire: piece of length %d with %d bytes of data", m.Length, len(m.Data)))
	}
	return append(dst, m.Data...)
}

// AppendHeader appends m to dst, for a Piece without its Data, so that a block
// can be sent from where it lies: Length bytes must follow.
func AppendHeader(dst []byte, m Message) []byte {
	// BEP 3: "Messages of length zero are keepalives, and ignored."
	if m.Kind == KeepAlive {
		return append(dst, 0, 0, 0, 0)
	}
	if !shapeOf(m.Kind).known {
		panic(fmt.Sprintf("wire: encode message of unknown kind %d", m.Kind))
	}
	dst = slices.Grow(dst, headerMax)
	dst = binary.BigEndian.AppendUint32(dst, uint32(Len(m)-prefixLen))
	dst = append(dst, byte(m.Kind))
	switch m.Kind {
	case Have, Suggest, AllowedFast:
		dst = binary.BigEndian.AppendUint32(dst, m.Index)
	case Piece:
		dst = binary.BigEndian.AppendUint32(dst, m.Index)
		dst = binary.BigEndian.AppendUint32(dst, m.Begin)
	case Request, Cancel, Reject:
		dst = binary.BigEndian.AppendUint32(dst, m.Index)
		dst = binary.BigEndian.AppendUint32(dst, m.Begin)
		dst = binary.BigEndian.AppendUint32(dst, m.Length)
	case Port:
		dst = binary.BigEndian.AppendUint16(dst, uint16(m.Length))
	case Bitfield:
		dst = append(dst, m.Data...)
	case Extended:
		dst = append(dst, m.Sub)
		dst = append(dst, m.Data...)
	}
	return dst
}

// Len returns the size of m on the wire in bytes, length prefix and payload
// included. A Piece counts Length, whether or not Data is there yet.
func Len(m Message) int {
	switch m.Kind {
	case KeepAlive:
		return prefixLen
	case Piece:
		return prefixLen + idLen + shapes[Piece].fields + int(m.Length)
	default:
		return prefixLen + idLen + shapeOf(m.Kind).fields + len(m.Data)
	}
}
