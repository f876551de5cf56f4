package torrent

import (
	"testing"
	"time"

	"bt/client/boundary"
	"bt/client/peer"
	"bt/client/picker"
	"bt/client/wire"

	"pgregory.net/rapid"
)

// A block that somebody was asked for a moment ago, of whom nothing is known, is not
// asked of another peer, however quick that one is. When the first one has had its
// time, it is.
func TestEndgameWaitsForWhoWasJustAsked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
		var out boundary.Effects
		fresh, idle := newEndgamePeer(1), newEndgamePeer(2)
		tor := &Torrent{swarm: swarm{byID: map[picker.PeerID]*peer.Peer{fresh.ID: fresh, idle.ID: idle}}}
		trip := time.Duration(rapid.IntRange(1, 500).Draw(t, "trip of the idle peer, ms")) * time.Millisecond
		for range rapid.IntRange(0, 8).Draw(t, "blocks it gave") {
			idle.Ask(now, []wire.Block{{Length: wire.BlockSize}}, &out)
			now = now.Add(trip)
			idle.Requests.HandleBlock(now, wire.Block{Length: wire.BlockSize}, &idle.Down)
		}
		var asked []wire.Block
		for i := range rapid.IntRange(1, 250).Draw(t, "blocks the fresh one was asked for") {
			asked = append(asked, wire.Block{Index: uint32(i), Length: wire.BlockSize})
		}
		fresh.Ask(now, asked, &out)
		b := rapid.SampledFrom(asked).Draw(t, "the block in question")

		early := time.Duration(rapid.IntRange(0, 1000).Draw(t, "early, ms")) * time.Millisecond
		if tor.overtakes(now.Add(early), idle, fresh.ID, b) {
			t.Fatalf("%v after a peer was first asked for a block, another one is asked for it", early)
		}
		if late := 2 * time.Second; !tor.overtakes(now.Add(late), idle, fresh.ID, b) {
			t.Fatalf("%v after a peer was first asked for a block, nobody else may be", late)
		}
	})
}

func newEndgamePeer(id boundary.ConnID) *peer.Peer {
	return &peer.Peer{ID: id}
}
