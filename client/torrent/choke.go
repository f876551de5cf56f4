package torrent

import (
	"time"

	"bt/client/boundary"
	"bt/client/choker"
	"bt/client/peer"
)

// choking is where the rounds of the choker stand.
type choking struct {
	round  int32
	next   time.Time // of the next round; zero before the first: it is overdue
	vacant bool      // a slot may have become free within this round
	list   []choker.Candidate
}

// maybeRechoke holds a round when it is due, and fills slots that have become
// free since.
func (t *Torrent) maybeRechoke(now time.Time, out *boundary.Effects) {
	c := &t.choking
	between := now.Before(c.next)
	if between && !c.vacant {
		return
	}
	if !between {
		c.round++
		c.next = now.Add(choker.Interval)
	}
	t.rechoke(now, between, out)
}

// rechoke lets the choker decide, and tells the peers for whom that changes
// something.
func (t *Torrent) rechoke(now time.Time, between bool, out *boundary.Effects) {
	c := &t.choking
	c.vacant = false
	if t.state != boundary.Active {
		return
	}
	seeding := t.pieces.complete()
	c.list = c.list[:0]
	for _, p := range t.peers {
		c.list = append(c.list, choker.Candidate{
			ID: p.ID, Interested: p.WantsBlocks(), Seed: p.UploadOnly() && !p.WantsBlocks(), Sent: p.Up.Total(), State: p.Turn,
		})
	}
	// What peers give counts while we take, and few of many give anything. A loop of
	// its own for those leaves the first so short that the processor has several
	// peers on their way from memory at a time.
	for i, p := range t.peers {
		if !seeding && p.Down.Total() > 0 {
			c.list[i].RateDown, c.list[i].Snubbed = p.Down.Rate(now), p.Requests.Snubbed(now)
		}
	}
	choker.Choose(c.list, choker.Params{
		Round: c.round, Between: between, Slots: t.cfg.Slots, Optimistic: t.cfg.Optimistic,
		Seeding: seeding, Quota: choker.QuotaPieces * t.info.PieceLength,
	})
	for i, p := range t.peers {
		p.Turn = c.list[i].State
		if !p.AmChoking && !p.Turn.Unchoked {
			t.breakPromises(p)
		}
		p.Choke(now, !p.Turn.Unchoked, out)
		t.maybeSuggest(now, p, out)
	}
}

// HandleSetSlots changes how many peers are served at once. Slots that are new
// are filled at once; peers in slots that are gone are choked as soon as they
// have had theirs for a round.
func (t *Torrent) HandleSetSlots(now time.Time, slots, optimistic int, out *boundary.Effects) {
	t.cfg.Slots, t.cfg.Optimistic = slots, optimistic
	t.choking.vacant = true
	t.settle(now, out)
}

// handleInterest fills a free slot at once when a peer becomes interested: it
// need not wait for the round. One that loses interest may leave one.
func (t *Torrent) handleInterest(now time.Time, p *peer.Peer, interested bool, out *boundary.Effects) {
	if p.PeerInterested == interested {
		return
	}
	if !interested {
		t.breakPromises(p)
	}
	p.HandleInterested(now, interested, out)
	if interested {
		// A starting peer that did not say that it has nothing is one too.
		p.GrantFast(now, t.cfg.Meta.InfoHash, &t.pieces.have, t.info.PieceLength, out)
	}
	if interested || !p.AmChoking {
		t.choking.vacant = true
	}
	if !interested {
		t.maybeDropSeed(now, p, out)
	}
}
