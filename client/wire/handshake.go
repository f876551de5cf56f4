package wire

// protocol is the fixed string of the handshake.
const protocol = "BitTorrent protocol"

// HandshakeLen is the size of a handshake in bytes: the length of the protocol
// string, the string, 8 reserved bytes, the info-hash and the peer id.
const HandshakeLen = 1 + len(protocol) + 8 + 20 + 20

// Handshake is what both sides say first. A bit set in Reserved by both of
// them turns an extension on.
type Handshake struct {
	Reserved [8]byte
	InfoHash [20]byte
	PeerID   [20]byte
}

// Where the extensions have their bit, as a mask of one reserved byte.
const (
	// BEP 6: "reserved[7] |= 0x04".
	fastByte, fastMask = 7, 0x04
	// BEP 10: "The bit selected for the extension protocol is bit 20 from the
	// right (counting starts at 0). So (reserved_byte[5] & 0x10) is the
	// expression to use".
	extendedByte, extendedMask = 5, 0x10
	// BEP 5: "Peers supporting the DHT set the last bit of the 8-byte reserved
	// flags exchanged in the BitTorrent protocol handshake."
	dhtByte, dhtMask = 7, 0x01
)

// SupportsFast reports whether the sender speaks the Fast extension (BEP 6).
func (h *Handshake) SupportsFast() bool { return h.Reserved[fastByte]&fastMask != 0 }

// SupportsExtended reports whether the sender speaks the extension protocol
// (BEP 10).
func (h *Handshake) SupportsExtended() bool { return h.Reserved[extendedByte]&extendedMask != 0 }

// SupportsDHT reports whether the sender has a DHT node (BEP 5).
func (h *Handshake) SupportsDHT() bool { return h.Reserved[dhtByte]&dhtMask != 0 }

// SetFast says that we speak the Fast extension.
func (h *Handshake) SetFast() { h.Reserved[fastByte] |= fastMask }

// SetExtended says that we speak the extension protocol.
func (h *Handshake) SetExtended() { h.Reserved[extendedByte] |= extendedMask }

// SetDHT says that we have a DHT node.
func (h *Handshake) SetDHT() { h.Reserved[dhtByte] |= dhtMask }

// AppendHandshake appends the HandshakeLen bytes of h to dst.
func AppendHandshake(dst []byte, h *Handshake) []byte {
	// BEP 3: "The leading character is a length prefix, put there in the hope
	// that other new protocols may do the same and thus be trivially
	// distinguishable from each other."
	dst = append(dst, byte(len(protocol)))
	dst = append(dst, protocol...)
	dst = append(dst, h.Reserved[:]...)
	dst = append(dst, h.InfoHash[:]...)
	return append(dst, h.PeerID[:]...)
}

// parseHandshake reads a handshake whose protocol string has been checked.
func parseHandshake(b *[HandshakeLen]byte) *Handshake {
	h := new(Handshake)
	rest := b[1+len(protocol):]
	copy(h.Reserved[:], rest)
	copy(h.InfoHash[:], rest[8:])
	copy(h.PeerID[:], rest[8+20:])
	return h
}
