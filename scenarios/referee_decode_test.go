package scenarios

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"bt/client/wire"
)

// conversation is a handshake and one message of each kind, as the client
// writes them.
func conversation() ([]byte, []wire.Message) {
	msgs := []wire.Message{
		{Kind: wire.KeepAlive}, {Kind: wire.Bitfield, Data: []byte{0xa0, 1}},
		{Kind: wire.Choke}, {Kind: wire.Unchoke}, {Kind: wire.Interested}, {Kind: wire.NotInterested},
		{Kind: wire.Have, Index: 7}, {Kind: wire.Request, Index: 1, Begin: 2, Length: 3},
		{Kind: wire.Piece, Index: 4, Begin: 5, Length: 6, Data: []byte("sixsix")},
		{Kind: wire.Cancel, Index: 1, Begin: 2, Length: 3}, {Kind: wire.Port, Length: 6881},
		{Kind: wire.Suggest, Index: 8}, {Kind: wire.HaveAll}, {Kind: wire.HaveNone},
		{Kind: wire.Reject, Index: 9, Begin: 10, Length: 11}, {Kind: wire.AllowedFast, Index: 12},
		{Kind: wire.Extended, Sub: 1, Data: []byte("de")}, {Kind: wire.KeepAlive},
	}
	h := wire.Handshake{InfoHash: [20]byte{1}, PeerID: [20]byte{2}}
	h.SetFast()
	b := wire.AppendHandshake(nil, &h)
	for _, m := range msgs {
		b = wire.AppendMessage(b, m)
	}
	return b, msgs
}

// readAll gives a frameReader bytes in steps of n, and returns what it made of
// them as text.
func readAll(b []byte, n int) (text string, r *frameReader) {
	var out, data bytes.Buffer
	r = new(frameReader)
	to := &frameFuncs{
		onHello: func(h *hello) { fmt.Fprintln(&out, "hello", h.infoHash()[0], h.peerID()[0], h.fast()) },
		onData:  func(b wire.Block, off int, p []byte) { data.Write(p) },
	}
	to.onFrame = func(f *frame) {
		fmt.Fprintln(&out, f.kind, f.block, f.bits, data.String(), r.total)
		data.Reset()
	}
	for chunk := range slices.Chunk(b, n) {
		r.read(chunk, to)
	}
	return out.String(), r
}

// TestFrameReader compares the referee's reading with what was written, in one
// go and split in every way.
func TestFrameReader(t *testing.T) {
	b, msgs := conversation()
	var want bytes.Buffer
	fmt.Fprintln(&want, "hello", 1, 2, true)
	total := wire.HandshakeLen
	for _, m := range msgs {
		total += wire.Len(m)
		block, bits, data := m.Block(), []byte(nil), ""
		switch m.Kind {
		case wire.Bitfield:
			bits = m.Data
		case wire.Extended:
			bits = append([]byte{m.Sub}, m.Data...)
		case wire.Piece:
			data = string(m.Data)
		case wire.Port: // two bytes: no number of a block
			block = wire.Block{}
		}
		fmt.Fprintln(&want, m.Kind, block, bits, data, total)
	}
	for n := 1; n <= len(b); n++ {
		if got, r := readAll(b, n); got != want.String() || r.err != nil {
			t.Fatalf("in steps of %d: %v\n%s\nwant\n%s", n, r.err, got, &want)
		}
	}
}

// TestFrameReaderRefuses: what is no message is an error, and nothing after it
// is read.
func TestFrameReaderRefuses(t *testing.T) {
	h := wire.AppendHandshake(nil, &wire.Handshake{})
	tests := map[string][]byte{
		"another protocol":       bytes.Repeat([]byte("x"), helloLen),
		"a message of 4 GiB":     append(slices.Clone(h), 0xff, 0xff, 0xff, 0xff, 0),
		"a choke with a payload": append(slices.Clone(h), 0, 0, 0, 2, 0, 0),
		"a have of three bytes":  append(slices.Clone(h), 0, 0, 0, 4, 4, 1, 2, 3),
		"a piece without begin":  append(slices.Clone(h), 0, 0, 0, 5, 7, 1, 2, 3, 4),
		"a request that goes on": append(slices.Clone(h), append([]byte{0, 0, 0, 14, 6}, make([]byte, 13)...)...),
	}
	for name, b := range tests {
		for _, n := range []int{1, 7, len(b)} {
			_, r := readAll(append(slices.Clone(b), wire.AppendMessage(nil, wire.Message{Kind: wire.Choke})...), n)
			if r.err == nil {
				t.Errorf("%s was taken, in steps of %d", name, n)
			}
		}
	}
}

// FuzzFrameReader: no bytes make the referee panic, and splitting changes
// nothing.
func FuzzFrameReader(f *testing.F) {
	b, _ := conversation()
	f.Add(b, 3)
	f.Add(b[:100], 1)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		n = max(n%100, 1)
		whole, r := readAll(b, max(len(b), 1))
		parts, q := readAll(b, n)
		if whole != parts || (r.err == nil) != (q.err == nil) {
			t.Errorf("in steps of %d:\n%s%v\nwhole:\n%s%v", n, parts, q.err, whole, r.err)
		}
	})
}
