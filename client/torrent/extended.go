package torrent

import (
	"time"

	"bt/client/boundary"
	"bt/client/peer"
	"bt/client/wire"
)

// introduce tells a peer about us, if it speaks the extension protocol (BEP 10).
func (t *Torrent) introduce(now time.Time, p *peer.Peer, out *boundary.Effects) {
	p.Introduce(now, t.cfg.Version, t.cfg.Port, t.uploadOnly, out)
}

// handleExtended takes what a peer tells about itself.
func (t *Torrent) handleExtended(now time.Time, p *peer.Peer, m wire.Message, out *boundary.Effects) {
	if err := p.HandleExtended(m); err != nil {
		t.drop(now, p, boundary.MalformedPacket, err, out)
		return
	}
	t.hearSelf(p)
	if p.UploadOnly() && !p.AmChoking {
		t.choking.vacant = true // its slot is wasted on it
	}
	t.maybeDropSeed(now, p, out)
}

// settleUploadOnly does what follows when we have come to want nothing more, or
// something again. BEP 21 makes no difference between a seed and who has all
// that it wants: both are "not interested in downloading anything".
func (t *Torrent) settleUploadOnly(now time.Time, out *boundary.Effects) {
	is := t.Complete()
	if is == t.uploadOnly {
		return
	}
	t.uploadOnly = is
	if !is {
		t.book.SeedsWanted(now)
	}
	for _, p := range t.Peers() {
		t.maybeDropSeed(now, p, out)
		if !p.Gone {
			t.introduce(now, p, out)
		}
	}
}

// maybeDropSeed ends a connection on which neither side will ever want anything:
// each is a seed, or has said to be upload-only (BEP 21). Who has said to have
// everything and is interested all the same has lost something since. What it was
// given may be told of before we are told that it has left: that is waited for, else
// it would count for nothing, and a ratio could be missed by a block for ever.
func (t *Torrent) maybeDropSeed(now time.Time, p *peer.Peer, out *boundary.Effects) {
	if t.Complete() && p.UploadOnly() && !p.WantsBlocks() && !p.Giving() {
		t.drop(now, p, boundary.SeedToSeed, nil, out)
	}
}
