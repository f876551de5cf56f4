package wire_test

import (
	"bytes"
	"testing"

	"bt/client/wire"

	"pgregory.net/rapid"
)

// scatterer reads a stream as readv would: to where Place says, if there is
// something to say, else through Decode. Blocks that were proposed and not used are
// written to, since their owner may use them at once.
type scatterer struct {
	d      *wire.Decoder
	blocks [][]byte
	got    outcome
	err    error
	placed int // blocks that arrived where they stay
}

func newScatterer() *scatterer { return &scatterer{d: wire.NewDecoder(makeBuf)} }

// read takes the next bytes of the stream, with room for so many blocks.
func (s *scatterer) read(p []byte, room int) (rest []byte) {
	var hello *wire.Handshake
	if !s.d.Placing() || room == 0 {
		hello, s.got.Msgs, s.err = s.d.Decode(p, s.got.Msgs)
		if hello != nil {
			s.got.Hello = hello
		}
		return nil
	}
	for len(s.blocks) < room {
		s.blocks = append(s.blocks, make([]byte, wire.BlockSize))
	}
	n := 0
	for _, space := range s.d.Place(nil, s.blocks[:room]) {
		n += copy(space, p[n:])
	}
	var used int
	used, s.got.Msgs, s.err = s.d.Placed(n, s.blocks[:room], s.got.Msgs)
	s.placed += used
	s.blocks = s.blocks[used:]
	for _, b := range s.blocks {
		copy(b, "somebody else's")
	}
	return p[n:]
}

func (s *scatterer) outcome() outcome {
	if s.err != nil {
		s.got.Err = s.err.Error()
	}
	return s.got
}

// mostlyBlocks draws what a seed sends: blocks, and now and then something else.
func mostlyBlocks(t *rapid.T) wire.Message {
	if rapid.IntRange(0, 9).Draw(t, "other") == 0 {
		return anyMessage(t)
	}
	data := bytes.Repeat([]byte{rapid.Byte().Draw(t, "content")}, wire.BlockSize)
	return wire.Message{Kind: wire.Piece, Index: 1, Begin: 2, Length: wire.BlockSize, Data: data}
}

// Where bytes are put makes no difference to what they mean.
func TestPlaceIsDecode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := outcome{Hello: &testHello, Msgs: rapid.SliceOfN(rapid.Custom(mostlyBlocks), 0, 40).Draw(t, "msgs")}
		stream := wire.AppendHandshake(nil, &testHello)
		for _, m := range want.Msgs {
			stream = wire.AppendMessage(stream, m)
		}
		s := newScatterer()
		for len(stream) > 0 {
			n := min(rapid.SampledFrom([]int{1, 12, 13, 14, 5000, 16384, 16397, 40000, 300000}).Draw(t, "read"), len(stream))
			rest := s.read(stream[:n], rapid.IntRange(0, wire.PlaceBlocks).Draw(t, "room"))
			stream = stream[n-len(rest):]
		}
		if d := diff(want, s.outcome()); d != "" {
			t.Fatal(d)
		}
	})
}

// A stream of nothing but blocks is read without a copy, but for what comes before
// it is known to be one.
func TestPlaceBlocksArriveInPlace(t *testing.T) {
	const blocks = 200
	stream := wire.AppendHandshake(nil, &testHello)
	for i := range blocks {
		stream = wire.AppendMessage(stream, wire.Message{
			Kind: wire.Piece, Index: uint32(i), Length: wire.BlockSize, Data: make([]byte, wire.BlockSize),
		})
	}
	s := newScatterer()
	for len(stream) > 0 {
		n := min(100_000, len(stream))
		stream = stream[n-len(s.read(stream[:n], wire.PlaceBlocks)):]
	}
	if len(s.got.Msgs) != blocks || s.placed < blocks-7 {
		t.Errorf("%d blocks have come, %d of them to where they stay, want %d and nearly all", len(s.got.Msgs), s.placed, blocks)
	}
}

// FuzzPlace: no stream makes it panic, and it is decoded as by Decode.
func FuzzPlace(f *testing.F) {
	stream, _ := everything()
	f.Add(stream[wire.HandshakeLen:], uint16(5), uint8(1))
	block := wire.AppendMessage(nil, wire.Message{Kind: wire.Piece, Length: wire.BlockSize, Data: make([]byte, wire.BlockSize)})
	f.Add(append(bytes.Repeat(block, 3), stream[wire.HandshakeLen:]...), uint16(20000), uint8(2))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff}, uint16(2), uint8(3))
	f.Fuzz(func(t *testing.T, tail []byte, cut uint16, room uint8) {
		// Blocks first: else nothing is placed at all.
		stream := wire.AppendHandshake(nil, &testHello)
		stream = append(append(stream, block...), block...)
		stream = append(stream, tail...)
		whole, _ := decode(stream)
		s := newScatterer()
		for rest := stream; len(rest) > 0; {
			n := min(max(int(cut), 1), len(rest))
			rest = rest[n-len(s.read(rest[:n], int(room)%(wire.PlaceBlocks+1))):]
		}
		if d := diff(whole, s.outcome()); d != "" {
			t.Error(d)
		}
	})
}

// BenchmarkPlace is BenchmarkDecode without the copy of each block: what remains
// is the price of the messages.
func BenchmarkPlace(b *testing.B) { benchmarkBlocks(b, blockPlaces(b)) }

func TestPlaceDoesNotAllocate(t *testing.T) { wantNoAllocations(t, blockPlaces(t)) }

// blockPlaces returns a function that has benchBlocks blocks put to their places,
// a read of PlaceBlocks at a time. Their bytes do not matter, only their headers.
func blockPlaces(tb testing.TB) func() {
	d := wire.NewDecoder(makeBuf)
	first := wire.AppendHandshake(nil, &testHello)
	block := wire.Message{Kind: wire.Piece, Length: wire.BlockSize, Data: make([]byte, wire.BlockSize)}
	header := wire.AppendHeader(nil, block)
	if _, _, err := d.Decode(wire.AppendMessage(first, block), nil); err != nil {
		tb.Fatal(err)
	}
	var blocks, space [][]byte
	for range wire.PlaceBlocks {
		blocks = append(blocks, make([]byte, wire.BlockSize))
	}
	var msgs []wire.Message
	return func() {
		for range benchBlocks / wire.PlaceBlocks {
			space = d.Place(space[:0], blocks)
			n := 0
			for i, s := range space {
				if i%2 == 0 {
					copy(s, header)
				}
				n += len(s)
			}
			var used int
			if used, msgs, _ = d.Placed(n, blocks, msgs[:0]); used != wire.PlaceBlocks || len(msgs) != used {
				tb.Fatalf("%d blocks of %d used, %d messages", used, wire.PlaceBlocks, len(msgs))
			}
		}
	}
}
