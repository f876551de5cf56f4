package wire

import (
	"bytes"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/anacrolix/torrent/bencode"
)

// ExtendedHandshakeID is the Sub of the Extended message that carries an
// ExtendedHandshake. BEP 10: "If the ID is 0, the message is a handshake
// message".
const ExtendedHandshakeID = 0

const (
	// maxExtendedHandshake bounds the dictionary in bytes. Those in use have a
	// few hundred; the rest is for extensions unknown to us.
	maxExtendedHandshake = 16 << 10
	// maxExtendedDepth bounds what may be nested in it. We look one deep.
	maxExtendedDepth = 8
	// maxVersion is what is kept of a client's name and version, in bytes: it
	// goes to lists and logs, a line each.
	maxVersion = 64
)

// ExtendedHandshake is what peers tell about themselves and their extensions
// after the handshake (BEP 10). BEP 10: "All items in the dictionary are
// optional"; one that is not there is a zero here.
type ExtendedHandshake struct {
	Messages     ExtendedIDs
	Version      string     // client and version: printable, 64 bytes at most
	Port         int        // where the sender listens, TCP
	Reqq         int        // requests it takes without dropping any
	YourIP       netip.Addr // the receiver's address, as the sender sees it: a hint at most
	UploadOnly   bool       // BEP 21: "this peer is not interested in downloading anything"
	MetadataSize int        // of the info dictionary in bytes (BEP 9)
}

// ExtendedIDs are the ids, as Sub of an Extended message, under which the
// sender of the handshake wants to be sent messages of the extensions we know.
// Zero means that it does not support one.
type ExtendedIDs struct {
	Metadata uint8 // ut_metadata (BEP 9)
	PEX      uint8 // ut_pex (BEP 11)
}

// Names of the extensions in the dictionary m.
const (
	nameMetadata = "ut_metadata"
	namePEX      = "ut_pex"
)

// Append appends the handshake in canonical bencoding to dst: the Data of an
// Extended message whose Sub is ExtendedHandshakeID.
func (h *ExtendedHandshake) Append(dst []byte) []byte {
	type ids struct {
		Metadata uint8 `bencode:"ut_metadata,omitempty"`
		PEX      uint8 `bencode:"ut_pex,omitempty"`
	}
	out := struct {
		M            ids    `bencode:"m"`
		MetadataSize int    `bencode:"metadata_size,omitempty"`
		P            int    `bencode:"p,omitempty"`
		Reqq         int    `bencode:"reqq,omitempty"`
		UploadOnly   int    `bencode:"upload_only"` // always: it may have to take back a 1
		V            string `bencode:"v,omitempty"`
		YourIP       string `bencode:"yourip,omitempty"`
	}{
		M:            ids(h.Messages),
		MetadataSize: h.MetadataSize,
		P:            h.Port,
		Reqq:         h.Reqq,
		V:            h.Version,
		// BEP 10: "This may be either an IPv4 (4 bytes) or an IPv6 (16 bytes)
		// address."
		YourIP: string(h.YourIP.Unmap().AsSlice()),
	}
	if h.UploadOnly {
		out.UploadOnly = 1
	}
	return append(dst, bencode.MustMarshal(out)...)
}

// ParseExtendedHandshake reads the Data of a first extended handshake; see
// Update for what it accepts.
func ParseExtendedHandshake(b []byte) (ExtendedHandshake, error) {
	var h ExtendedHandshake
	err := h.Update(b)
	return h, err
}

// Update reads a later handshake of the same peer into h. BEP 10: "the m
// dictionary is additive. It's enough that it contains the actual CHANGES to the
// extension list", with 0 for one that is turned off; we take the other keys
// the same way.
//
// It is an ErrMalformed, and changes nothing, when b does not begin with a
// dictionary or is larger than 16 KiB. Apart from that it is lenient: no key is
// worth a connection. Unknown keys are ignored, and so are known ones with a
// value of the wrong type or out of range.
func (h *ExtendedHandshake) Update(b []byte) error {
	top, err := parseDict(b)
	if err != nil {
		return fmt.Errorf("%w: extended handshake: %w", ErrMalformed, err)
	}
	if m, err := parseDict(top["m"]); err == nil {
		h.Messages.Metadata = uint8(m.int(nameMetadata, math.MaxUint8, int(h.Messages.Metadata)))
		h.Messages.PEX = uint8(m.int(namePEX, math.MaxUint8, int(h.Messages.PEX)))
	}
	h.MetadataSize = top.int("metadata_size", math.MaxInt32, h.MetadataSize)
	h.Port = top.int("p", math.MaxUint16, h.Port)
	h.Reqq = top.int("reqq", math.MaxInt32, h.Reqq)
	// BEP 21: "Setting the value of this key to 1 indicates that this peer is
	// not interested in downloading anything."
	uploadOnly := 0
	if h.UploadOnly {
		uploadOnly = 1
	}
	h.UploadOnly = top.int("upload_only", math.MaxInt32, uploadOnly) > 0
	if v, ok := top.string("v"); ok {
		h.Version = printable(v)
	}
	if ip, ok := top.string("yourip"); ok {
		if addr, ok := netip.AddrFromSlice([]byte(ip)); ok {
			h.YourIP = addr.Unmap()
		}
	}
	return nil
}

// A dict is a bencoded dictionary whose values are still encoded, so that one
// of the wrong type does not spoil the others. Reading from a nil dict finds
// nothing.
type dict map[string]bencode.Bytes

// parseDict reads a dictionary at the start of b; what follows it is ignored.
func parseDict(b []byte) (dict, error) {
	switch {
	case len(b) > maxExtendedHandshake:
		return nil, fmt.Errorf("%d bytes, limit %d", len(b), maxExtendedHandshake)
	case len(b) == 0 || b[0] != 'd':
		return nil, fmt.Errorf("no dictionary: %.32q", b)
	}
	dec := bencode.NewDecoder(bytes.NewReader(b))
	dec.MaxStrLen = maxExtendedHandshake
	dec.MaxDepth = maxExtendedDepth
	var d dict
	if err := dec.Decode(&d); err != nil {
		return nil, err
	}
	return d, nil
}

// int returns the integer under key when it is from 0 to most, otherwise or.
func (d dict) int(key string, most, or int) int {
	raw := d[key]
	if len(raw) < 3 || raw[0] != 'i' {
		return or
	}
	n, err := strconv.Atoi(string(raw[1 : len(raw)-1]))
	if err != nil || n < 0 || n > most {
		return or
	}
	return n
}

// string returns the string under key.
func (d dict) string(key string) (s string, ok bool) {
	raw := d[key]
	return s, len(raw) > 0 && bencode.Unmarshal(raw, &s) == nil
}

// printable makes a text of a peer fit for a terminal and a log: of bounded
// length, valid UTF-8, no control characters.
func printable(s string) string {
	n := min(len(s), maxVersion)
	for n > 0 && n < len(s) && n > maxVersion-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n-- // to where the character that does not fit begins
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, strings.ToValidUTF8(s[:n], "?"))
}
