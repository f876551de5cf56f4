package wire_test

import (
	"testing"

	"bt/client/wire"

	"pgregory.net/rapid"
)

// anyMessage draws a message of any kind with any fields.
func anyMessage(t *rapid.T) wire.Message {
	m := rapid.SampledFrom(messages).Draw(t, "kind").msg
	u32 := rapid.Uint32()
	payload := rapid.SliceOfN(rapid.Byte(), 0, 300)
	switch m.Kind {
	case wire.Have, wire.Suggest, wire.AllowedFast:
		m.Index = u32.Draw(t, "index")
	case wire.Request, wire.Cancel, wire.Reject:
		m.Index, m.Begin, m.Length = u32.Draw(t, "index"), u32.Draw(t, "begin"), u32.Draw(t, "length")
	case wire.Piece:
		m.Index, m.Begin = u32.Draw(t, "index"), u32.Draw(t, "begin")
		m.Data = payload.Draw(t, "block")
		m.Length = uint32(len(m.Data))
	case wire.Port:
		m.Length = uint32(rapid.Uint16().Draw(t, "port"))
	case wire.Bitfield:
		m.Data = payload.Draw(t, "bits")
	case wire.Extended:
		m.Sub, m.Data = rapid.Byte().Draw(t, "sub"), payload.Draw(t, "payload")
	}
	return m
}

func TestAnySequenceSurvivesAnySplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := outcome{Hello: &testHello, Msgs: rapid.SliceOf(rapid.Custom(anyMessage)).Draw(t, "msgs")}
		stream := wire.AppendHandshake(nil, &testHello)
		for _, m := range want.Msgs {
			before := len(stream)
			stream = wire.AppendMessage(stream, m)
			if n := len(stream) - before; n != wire.Len(m) {
				t.Fatalf("%v has %d bytes, Len says %d", m, n, wire.Len(m))
			}
		}
		var reads [][]byte
		for rest := stream; len(rest) > 0; {
			n := rapid.IntRange(0, min(len(rest), 100)).Draw(t, "read")
			if n == 0 {
				n = len(rest) // now and then all at once
			}
			reads, rest = append(reads, rest[:n]), rest[n:]
		}
		got, _ := decode(reads...)
		if d := diff(want, got); d != "" {
			t.Fatal(d)
		}
	})
}

// FuzzDecode: no stream makes the decoder panic, and how it is cut does not
// matter. With greet the stream starts after a valid handshake.
func FuzzDecode(f *testing.F) {
	stream, _ := everything()
	f.Add(stream, uint16(70), false)
	f.Add(stream[wire.HandshakeLen:], uint16(5), true)
	f.Add([]byte{0, 0, 0x40, 9, 7, 0, 0, 0, 0, 0, 0, 0, 0, 1}, uint16(13), true)
	f.Add([]byte{0xff, 0xff, 0xff, 0xff}, uint16(2), true)
	f.Add([]byte("\x13BitTorrent Protocol"), uint16(1), false)
	f.Fuzz(func(t *testing.T, stream []byte, cut uint16, greet bool) {
		if greet {
			stream = append(wire.AppendHandshake(nil, &testHello), stream...)
		}
		whole, _ := decode(stream)
		at := min(int(cut), len(stream))
		halves, _ := decode(stream[:at], stream[at:])
		if d := diff(whole, halves); d != "" {
			t.Errorf("cut at %d: %s", at, d)
		}
		single, _ := decode(bytewise(stream)...)
		if d := diff(whole, single); d != "" {
			t.Errorf("byte by byte: %s", d)
		}
		for _, m := range whole.Msgs {
			if n := len(wire.AppendMessage(nil, m)); n != wire.Len(m) || n > len(stream) {
				t.Errorf("%v encodes to %d bytes, Len says %d, stream had %d", m, n, wire.Len(m), len(stream))
			}
		}
	})
}
