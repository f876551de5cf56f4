// Package choker decides whom to upload to: one function over a slice of
// candidates, called every ten seconds.
//
// While we download, the regular slots go to whoever gives us the most, which is
// what makes giving worth while (Cohen 2003). A slot that nobody has earned is
// optimistic, as is at least one: it tries out peers in turn, in the hope that
// they give something back. While we seed there is nothing to reciprocate, and
// all slots serve the peers in turn.
//
// A turn goes to who has waited longest, and the wait of peers never served
// counts three times: "newly connected peers are three times as likely to start
// as the current optimistic unchoke as anywhere else in the rotation" (BEP 3).
// Unlike a draw with such odds, this gives equal peers equal time exactly, and
// no stream of newcomers can keep the others waiting for ever.
package choker

import (
	"time"

	"bt/client/boundary"
)

// Interval is the time between two rounds. BEP 3 calls ten seconds "long enough
// for TCP to ramp up any new transfers to their full capacity".
const Interval = 10 * time.Second

// QuotaPieces times the piece length is a fair Params.Quota: enough to be passed
// on to others, for which a seed gives it.
const QuotaPieces = 20

// Candidate is a peer as the choker sees it.
type Candidate struct {
	ID         boundary.ConnID // breaks ties: the lower goes first
	Interested bool            // in what we have
	Seed       bool            // has everything, so it will never be interested
	Snubbed    bool            // has kept us waiting for a block for a minute; of no matter if it gives nothing
	RateDown   int64           // what it gives us: bytes/s over the last 20 s; of no matter while seeding
	Sent       int64           // bytes we have given it on this connection
	State      State

	verdict verdict // of the call under way
}

// State is what Choose remembers of a peer from call to call, and its verdict.
// It starts as the zero value when the peer connects; the caller keeps it with
// the peer, hands it in with the Candidate and takes it back afterwards.
type State struct {
	Unchoked   bool
	Optimistic bool // unchoked in its turn and not for what it gives

	seen   bool
	served bool  // was unchoked at some time
	since  int32 // round that Unchoked has to outlast since it changed, or in which the peer was first seen
	began  int32 // round in which it was unchoked last
	asked  int32 // round in which given had last grown, or in which it was unchoked last
	sent   int64 // Candidate.Sent when it was unchoked last
	given  int64 // Candidate.Sent at the last call
}

// Params are the circumstances of a call.
type Params struct {
	// Round counts the intervals of ten seconds. A further call in the same round
	// fills slots that have come free; Between says that this is one. No
	// interested peer is changed twice within ten seconds.
	Round      int32
	Between    bool
	Slots      int   // interested peers to unchoke for what they give
	Optimistic int   // those to unchoke in turn, besides
	Seeding    bool  // we want nothing: all slots go in turn
	Quota      int64 // while seeding: bytes after which a turn ends early; 0: none
}

// Choose brings the State of every candidate up to date. The outcome does not
// depend on the order of the candidates. No more than Slots + Optimistic
// interested peers are unchoked, unless some were unchoked earlier in the same
// round.
func Choose(cs []Candidate, p Params) {
	r := round{Params: p, cs: cs}
	r.begin()
	room := max(p.Slots, 0) + max(p.Optimistic, 0)
	if !p.Seeding {
		room -= r.reciprocate(max(p.Slots, 0))
	}
	r.takeTurns(room)
	r.settle()
}
