package wire_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"bt/client/wire"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// An outcome is all that a stream led to.
type outcome struct {
	Hello *wire.Handshake
	Msgs  []wire.Message
	Err   string
}

func makeBuf(n int) []byte { return make([]byte, n) }

// decode feeds the reads to a new decoder.
func decode(reads ...[]byte) (got outcome, err error) {
	d := wire.NewDecoder(makeBuf)
	for _, in := range reads {
		var hello *wire.Handshake
		hello, got.Msgs, err = d.Decode(in, got.Msgs)
		if hello != nil {
			got.Hello = hello
		}
	}
	if err != nil {
		got.Err = err.Error()
	}
	return got, err
}

// bytewise cuts a stream into reads of one byte.
func bytewise(stream []byte) (reads [][]byte) {
	for i := range stream {
		reads = append(reads, stream[i:i+1])
	}
	return reads
}

func diff(want, got outcome) string {
	if reflect.DeepEqual(want, got) {
		return "" // cmp takes a second for the largest messages
	}
	return cmp.Diff(want, got, cmpopts.EquateEmpty())
}

var testHello = wire.Handshake{
	Reserved: [8]byte{0, 0, 0, 0, 0, 0x10, 0, 0x05},
	InfoHash: [20]byte([]byte("an info-hash of 20 b")),
	PeerID:   [20]byte([]byte("-XX0001-abcdefghijkl")),
}

// frame makes a message from the parts after its length prefix.
func frame(id byte, rest ...byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(1+len(rest)))
	return append(append(b, id), rest...)
}

// every message there is, with its bytes written out by hand.
var messages = []struct {
	msg    wire.Message
	bytes  []byte
	string string
}{
	{wire.Message{Kind: wire.KeepAlive}, []byte{0, 0, 0, 0}, "keep-alive"},
	{wire.Message{Kind: wire.Choke}, []byte{0, 0, 0, 1, 0}, "choke"},
	{wire.Message{Kind: wire.Unchoke}, []byte{0, 0, 0, 1, 1}, "unchoke"},
	{wire.Message{Kind: wire.Interested}, []byte{0, 0, 0, 1, 2}, "interested"},
	{wire.Message{Kind: wire.NotInterested}, []byte{0, 0, 0, 1, 3}, "not interested"},
	{wire.Message{Kind: wire.Have, Index: 0x01020304}, []byte{0, 0, 0, 5, 4, 1, 2, 3, 4}, "have 16909060"},
	{wire.Message{Kind: wire.Bitfield, Data: []byte{0xff, 0x80}}, []byte{0, 0, 0, 3, 5, 0xff, 0x80}, "bitfield of 2 bytes"},
	{
		wire.Message{Kind: wire.Request, Index: 3, Begin: 0x4000, Length: 0x4000},
		[]byte{0, 0, 0, 13, 6, 0, 0, 0, 3, 0, 0, 0x40, 0, 0, 0, 0x40, 0}, "request 3:16384+16384",
	},
	{
		wire.Message{Kind: wire.Piece, Index: 3, Begin: 0x4000, Length: 2, Data: []byte("hi")},
		[]byte{0, 0, 0, 11, 7, 0, 0, 0, 3, 0, 0, 0x40, 0, 'h', 'i'}, "piece 3:16384+2",
	},
	{wire.Message{Kind: wire.Piece, Index: 9}, []byte{0, 0, 0, 9, 7, 0, 0, 0, 9, 0, 0, 0, 0}, "piece 9:0+0"},
	{
		wire.Message{Kind: wire.Cancel, Index: 1, Begin: 2, Length: 3},
		[]byte{0, 0, 0, 13, 8, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3}, "cancel 1:2+3",
	},
	{wire.Message{Kind: wire.Port, Length: 6881}, []byte{0, 0, 0, 3, 9, 0x1a, 0xe1}, "port 6881"},
	{wire.Message{Kind: wire.Suggest, Index: 7}, []byte{0, 0, 0, 5, 13, 0, 0, 0, 7}, "suggest 7"},
	{wire.Message{Kind: wire.HaveAll}, []byte{0, 0, 0, 1, 14}, "have all"},
	{wire.Message{Kind: wire.HaveNone}, []byte{0, 0, 0, 1, 15}, "have none"},
	{
		wire.Message{Kind: wire.Reject, Index: 1, Begin: 2, Length: 3},
		[]byte{0, 0, 0, 13, 16, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3}, "reject 1:2+3",
	},
	{wire.Message{Kind: wire.AllowedFast, Index: 8}, []byte{0, 0, 0, 5, 17, 0, 0, 0, 8}, "allowed fast 8"},
	{wire.Message{Kind: wire.Extended, Sub: 1, Data: []byte("de")}, []byte{0, 0, 0, 4, 20, 1, 'd', 'e'}, "extended 1 of 2 bytes"},
	{wire.Message{Kind: wire.Extended, Sub: 2}, []byte{0, 0, 0, 2, 20, 2}, "extended 2 of 0 bytes"},
}

// everything is a stream with all messages, unknown ones in between and a
// keep-alive at the end, and what it must lead to.
func everything() (stream []byte, want outcome) {
	stream = wire.AppendHandshake(nil, &testHello)
	want.Hello = &testHello
	for _, m := range messages {
		stream = append(stream, m.bytes...)
		stream = append(stream, frame(10, []byte("unknown")...)...)
		stream = append(stream, frame(255)...) // the value of KeepAlive, which is no id
		want.Msgs = append(want.Msgs, m.msg)
	}
	stream = append(stream, 0, 0, 0, 0)
	want.Msgs = append(want.Msgs, wire.Message{Kind: wire.KeepAlive})
	return stream, want
}

func TestMessages(t *testing.T) {
	for _, m := range messages {
		t.Run(m.string, func(t *testing.T) {
			if got := m.msg.String(); got != m.string {
				t.Errorf("String() = %q, want %q", got, m.string)
			}
			if got := wire.AppendMessage([]byte{1}, m.msg); !bytes.Equal(got[1:], m.bytes) {
				t.Errorf("encoded as %v, want %v", got[1:], m.bytes)
			}
			header, data := wire.AppendHeader(nil, m.msg), []byte(nil)
			if m.msg.Kind == wire.Piece {
				data = m.msg.Data
			}
			if got := append(header, data...); !bytes.Equal(got, m.bytes) {
				t.Errorf("header and data are %v, want %v", got, m.bytes)
			}
			if got := wire.Len(m.msg); got != len(m.bytes) {
				t.Errorf("Len = %d, want %d", got, len(m.bytes))
			}
		})
	}
}

func TestR10InOneRead(t *testing.T) {
	stream, want := everything()
	got, _ := decode(stream)
	if d := diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestR10SplitAtEveryByte(t *testing.T) {
	stream, want := everything()
	for cut := range stream {
		got, _ := decode(stream[:cut], nil, stream[cut:])
		if d := diff(want, got); d != "" {
			t.Fatalf("cut at byte %d: %s", cut, d)
		}
	}
	got, _ := decode(bytewise(stream)...)
	if d := diff(want, got); d != "" {
		t.Error("byte by byte:", d)
	}
}

func TestHelloComesOnceAndAsSoonAsItIsThere(t *testing.T) {
	stream := wire.AppendHandshake(nil, &testHello)
	d := wire.NewDecoder(makeBuf)
	if hello, _, err := d.Decode(stream[:wire.HandshakeLen-1], nil); hello != nil || err != nil {
		t.Fatalf("67 bytes gave %v, %v", hello, err)
	}
	hello, msgs, err := d.Decode(stream[wire.HandshakeLen-1:], nil)
	if hello == nil || *hello != testHello || len(msgs) != 0 || err != nil {
		t.Fatalf("68 bytes gave %v, %v, %v", hello, msgs, err)
	}
	if hello, _, _ := d.Decode([]byte{0, 0, 0, 0}, nil); hello != nil {
		t.Fatal("the handshake came twice")
	}
}

func TestR12NoMessages(t *testing.T) {
	hello := slices.Clip(wire.AppendHandshake(nil, &testHello))
	long := func(id byte, n int) []byte { return frame(id, make([]byte, n-1)...)[:5] } // header only
	tests := []struct {
		name string
		// The decoder must fail at the last byte of stream, not before.
		stream []byte
		kind   error
		text   string
	}{
		{"another protocol", []byte{'G'}, wire.ErrHandshake, "protocol string of 71 bytes, want 19"},
		{"another string", []byte("\x13BitTorrent Protocol")[:13], wire.ErrHandshake, `"BitTorrent P" is not the start of`},
		{"4 GiB", append(hello, 0xff, 0xff, 0xff, 0xff), wire.ErrMalformed, "length prefix of 4294967295 bytes, limit 262145"},
		{"above all limits", append(hello, 0, 4, 0, 2), wire.ErrMalformed, "length prefix of 262146 bytes, limit 262145"},
		{"choke with payload", append(hello, long(0, 2)...), wire.ErrMalformed, "choke of 1 bytes after its id, want 0"},
		{"have too short", append(hello, long(4, 4)...), wire.ErrMalformed, "have of 3 bytes after its id, want 4"},
		{"have too long", append(hello, long(4, 6)...), wire.ErrMalformed, "have of 5 bytes"},
		{"request too short", append(hello, long(6, 12)...), wire.ErrMalformed, "request of 11 bytes"},
		{"piece too short", append(hello, long(7, 8)...), wire.ErrMalformed, "piece of 7 bytes after its id, want 8 to 16392"},
		{"piece too long", append(hello, long(7, wire.BlockSize+10)...), wire.ErrMalformed, "piece of 16393 bytes"},
		{"port too long", append(hello, long(9, 5)...), wire.ErrMalformed, "port of 4 bytes after its id, want 2"},
		{"have all with payload", append(hello, long(14, 2)...), wire.ErrMalformed, "have all of 1 bytes"},
		{"extended without id", append(hello, long(20, 1)...), wire.ErrMalformed, "extended of 0 bytes after its id, want 1 to 131073"},
		{"extended too long", append(hello, long(20, wire.MaxExtended+3)...), wire.ErrMalformed, "extended of 131074 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := decode(tt.stream[:len(tt.stream)-1])
			if err != nil {
				t.Fatalf("failed too early: %v", err)
			}
			_, err = decode(tt.stream)
			if !errors.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v, want %v: … %s", err, tt.kind, tt.text)
			}
		})
	}
}

func TestDecoderStaysFailed(t *testing.T) {
	d := wire.NewDecoder(makeBuf)
	stream := wire.AppendHandshake(nil, &testHello)
	stream = wire.AppendMessage(stream, wire.Message{Kind: wire.Have, Index: 5})
	stream = append(stream, 0xff, 0, 0, 0)
	stream = wire.AppendMessage(stream, wire.Message{Kind: wire.Have, Index: 6})
	hello, msgs, first := d.Decode(stream, nil)
	if hello == nil || len(msgs) != 1 || msgs[0].Index != 5 || first == nil {
		t.Fatalf("before the error: %v, %v, %v", hello, msgs, first)
	}
	valid := wire.AppendMessage(nil, wire.Message{Kind: wire.Choke})
	if _, msgs, err := d.Decode(valid, nil); err != first || len(msgs) != 0 {
		t.Errorf("after the error: %v, %v", msgs, err)
	}
}

func TestLargestMessages(t *testing.T) {
	stream := wire.AppendHandshake(nil, &testHello)
	want := outcome{Hello: &testHello, Msgs: []wire.Message{
		{Kind: wire.Bitfield, Data: bytes.Repeat([]byte{0xaa}, wire.MaxBitfield)},
		{Kind: wire.Extended, Sub: 3, Data: bytes.Repeat([]byte{0xbb}, wire.MaxExtended)},
		{Kind: wire.Piece, Index: 1, Length: wire.BlockSize, Data: bytes.Repeat([]byte{0xcc}, wire.BlockSize)},
	}}
	for _, m := range want.Msgs {
		stream = wire.AppendMessage(stream, m)
	}
	stream = append(stream, frame(99, make([]byte, wire.MaxBitfield)...)...)
	stream = append(stream, 0, 0, 0, 0)
	want.Msgs = append(want.Msgs, wire.Message{Kind: wire.KeepAlive})
	for _, size := range []int{len(stream), 1448, 5} {
		var reads [][]byte
		for rest := stream; len(rest) > 0; rest = rest[min(size, len(rest)):] {
			reads = append(reads, rest[:min(size, len(rest))])
		}
		got, _ := decode(reads...)
		if d := diff(want, got); d != "" {
			t.Errorf("reads of %d bytes: %s", size, d)
		}
	}
}

// A peer that promises much and sends little must not cost memory.
func TestR12MemoryFollowsArrivedBytes(t *testing.T) {
	hello := slices.Clip(wire.AppendHandshake(nil, &testHello))
	for _, m := range []wire.Message{
		{Kind: wire.Bitfield, Data: make([]byte, wire.MaxBitfield)},
		{Kind: wire.Extended, Data: make([]byte, wire.MaxExtended)},
	} {
		stream := append(hello, wire.AppendMessage(nil, m)...)[:100]
		var before, after runtime.MemStats
		const runs = 100
		runtime.ReadMemStats(&before)
		for range runs {
			if _, err := decode(stream); err != nil {
				t.Fatal(err)
			}
		}
		runtime.ReadMemStats(&after)
		got := (after.TotalAlloc - before.TotalAlloc) / runs
		if got > 1<<10 {
			t.Errorf("100 bytes of a %v took %d bytes of memory", m, got)
		}
	}
	d := wire.NewDecoder(func(n int) []byte {
		t.Error("a buffer was taken before the first byte of its block")
		return make([]byte, n)
	})
	d.Decode(hello, nil)
	d.Decode([]byte{0, 0, 0x40, 9, 7, 0, 0, 0, 0, 0, 0, 0, 0}, nil)
}

func TestBlocksLandInTheBuffersOfAlloc(t *testing.T) {
	var bufs [][]byte
	d := wire.NewDecoder(func(n int) []byte {
		bufs = append(bufs, make([]byte, n))
		return bufs[len(bufs)-1]
	})
	stream := wire.AppendHandshake(nil, &testHello)
	for i := range 3 {
		block := bytes.Repeat([]byte{byte(i + 1)}, 1000)
		stream = wire.AppendMessage(stream, wire.Message{Kind: wire.Piece, Length: 1000, Data: block})
	}
	var msgs []wire.Message
	for _, in := range bytewise(stream) {
		_, msgs, _ = d.Decode(in, msgs)
	}
	if len(bufs) != 3 || len(msgs) != 3 {
		t.Fatalf("%d buffers for %d blocks, want 3 for 3", len(bufs), len(msgs))
	}
	for i, m := range msgs {
		if &m.Data[0] != &bufs[i][0] || cap(m.Data) != cap(bufs[i]) {
			t.Errorf("block %d is not in buffer %d", i, i)
		}
	}
}

func TestEncodePanicsOnOurOwnMistakes(t *testing.T) {
	for _, m := range []wire.Message{
		{Kind: 11},
		{Kind: wire.Piece, Length: 2, Data: []byte{1}},
	} {
		t.Run(fmt.Sprint(m), func(t *testing.T) {
			defer func() {
				if r := fmt.Sprint(recover()); !strings.HasPrefix(r, "wire: ") {
					t.Errorf("recovered %s", r)
				}
			}()
			wire.AppendMessage(nil, m)
		})
	}
}
