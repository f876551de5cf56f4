package wire_test

import (
	"testing"

	"bt/client/wire"
)

func TestHandshakeBytes(t *testing.T) {
	got := string(wire.AppendHandshake(nil, &testHello))
	want := "\x13BitTorrent protocol" + "\x00\x00\x00\x00\x00\x10\x00\x05" +
		"an info-hash of 20 b" + "-XX0001-abcdefghijkl"
	if got != want || len(got) != wire.HandshakeLen {
		t.Errorf("handshake is %q, want %q", got, want)
	}
}

func TestReservedBits(t *testing.T) {
	tests := []struct {
		name     string
		set      func(*wire.Handshake)
		supports func(*wire.Handshake) bool
		want     [8]byte
	}{
		{"fast", (*wire.Handshake).SetFast, (*wire.Handshake).SupportsFast, [8]byte{7: 0x04}},
		{"extended", (*wire.Handshake).SetExtended, (*wire.Handshake).SupportsExtended, [8]byte{5: 0x10}},
		{"DHT", (*wire.Handshake).SetDHT, (*wire.Handshake).SupportsDHT, [8]byte{7: 0x01}},
	}
	for _, tt := range tests {
		var h wire.Handshake
		if tt.supports(&h) {
			t.Errorf("%s: supported without its bit", tt.name)
		}
		tt.set(&h)
		if h.Reserved != tt.want || !tt.supports(&h) {
			t.Errorf("%s: reserved bytes %x, want %x", tt.name, h.Reserved, tt.want)
		}
		for i := range tt.want {
			h.Reserved[i] = ^tt.want[i]
		}
		if tt.supports(&h) {
			t.Errorf("%s: supported with all bits but its own", tt.name)
		}
	}
}
