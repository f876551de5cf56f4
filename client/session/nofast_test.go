package session

import (
	"testing"

	"bt/client/boundary"
	"bt/client/wire"
)

// TestNoFast: who does not offer the Fast extension is spoken to, and speaks, as
// BEP 3 has it, also to those who offer it.
func TestNoFast(t *testing.T) {
	w := newSeed(t, 64*kib, 16*kib, func(c *Config, _ *boundary.AddTorrent) { c.NoFast = true })
	if ours := w.s.Torrent(torrentID).Hello(); ours.SupportsFast() || !ours.SupportsExtended() {
		t.Errorf("the handshake offers %v", ours.Reserved)
	}
	w.hearsFirst("all had, without HAVE ALL", wire.Message{Kind: wire.Bitfield, Data: []byte{0xf0}})
}
