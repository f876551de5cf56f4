package torrent

import (
	"slices"
	"time"

	"bt/client/peer"
	"bt/client/picker"
	"bt/client/wire"
)

// In the endgame an idle peer is asked for a block that another one owes us only
// if that one would take longer by lateSlack than this one takes to answer, and than
// lateFactor of its blocks. The factor is because our guesses are rough. The slack is
// because the other one cannot call back what it has handed to its network: what is
// cancelled by then, comes twice. Of who has given nothing yet nothing is known: it
// is late only when it has had the time for a first block.
//
// When idle peers were asked for whatever was missing, the last leeches of a swarm of
// fifty downloaded a twelfth of the torrent twice, and were done no sooner: by then
// all others give to them, and their own downlink is what they wait for.
const (
	lateFactor = 3
	lateSlack  = 500 * time.Millisecond
)

// overtakes says whether p, if asked now, would probably deliver b enough sooner
// than the holder of a request for it.
func (t *Torrent) overtakes(now time.Time, p *peer.Peer, holder picker.PeerID, b wire.Block) bool {
	// Who has nothing that is late has not this block late, and it need not be
	// searched for: fifty fast seeds owe thousands.
	q, limit := &t.byID[holder].Requests, late(p)
	return q.Wait(now) > limit && q.WaitFor(now, b) > limit
}

// overtakesAny says whether there can be any such block in the endgame: if not,
// which is the rule, it need not be searched for among all that are outstanding.
func (t *Torrent) overtakesAny(now time.Time, p *peer.Peer) bool {
	if !t.picker.InEndgame() {
		return false
	}
	limit := late(p)
	return slices.ContainsFunc(t.peers, func(q *peer.Peer) bool { return q.Requests.Wait(now) > limit })
}

// late is how long somebody must keep us waiting for p, which is idle, to be asked
// instead.
func late(p *peer.Peer) time.Duration {
	return max(p.Requests.Trip(), lateFactor*p.Requests.Pace()) + lateSlack
}
