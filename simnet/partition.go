package simnet

import (
	"math/bits"

	"bt/transport"
)

// MaxPartitions bounds how many cuts may be in force at once.
const MaxPartitions = 64

// Cut keeps two sets of hosts apart, until it is healed.
type Cut struct {
	net *Internet
	bit uint64 // of Host.sideA and Host.sideB, as long as it is in force
}

// Partition cuts the hosts of a off from those of b, in both directions. Streams
// keep what does not get through, and deliver it when the Cut is healed; when
// that takes longer than StallTimeout, both ends are closed with ErrTimeout.
// Dials find no answer, datagrams are lost. A host that is in both sets is not cut
// off from itself.
func (n *Internet) Partition(a, b []*Host) *Cut { return n.cut(a, b) }

// PartitionOneWay is a black hole: what the hosts of from send to those of to
// does not get through, as with Partition, while the other direction is open.
// There bytes arrive, and their acknowledgement does not come back: a sender may
// go on until its window is full, and gives up after StallTimeout.
func (n *Internet) PartitionOneWay(from, to []*Host) *Cut {
	c := n.cut(from, to)
	n.oneWay |= c.bit
	return c
}

// Stall lets the streams between hosts of a and b stand still, in both
// directions, as if something on the way held the bytes and assured the senders
// that all is well: nothing gives up, and all is delivered when the Cut is healed.
// Dials and datagrams pass.
func (n *Internet) Stall(a, b []*Host) *Cut {
	c := n.cut(a, b)
	n.stalls |= c.bit
	return c
}

func (n *Internet) cut(a, b []*Host) *Cut {
	free := bits.TrailingZeros64(^n.cuts)
	if free == MaxPartitions {
		panic("simnet: more than MaxPartitions partitions at once")
	}
	c := &Cut{n, 1 << free}
	n.cuts |= c.bit
	n.cutOf[free] = c
	for _, h := range a {
		h.sideA |= c.bit
	}
	for _, h := range b {
		h.sideB |= c.bit
	}
	return c
}

// Heal ends the cut. Healing it twice, or when all were healed, does nothing.
func (c *Cut) Heal() { c.net.heal(c.bit) }

// Heal ends all cuts that there are.
func (n *Internet) Heal() { n.heal(^uint64(0)) }

func (n *Internet) heal(which uint64) {
	for i, c := range n.cutOf {
		if c != nil && c.bit&which != 0 {
			c.bit, n.cutOf[i] = 0, nil // the bit may be another's soon
		}
	}
	n.cuts &^= which
	n.oneWay &^= which
	n.stalls &^= which
	for _, h := range n.hosts {
		h.sideA &^= which
		h.sideB &^= which
	}
	n.wakeStalled()
}

// wakeStalled lets go on what no cut stops any more.
func (n *Internet) wakeStalled() {
	stalled := n.stalled
	n.stalled = nil
	for _, s := range stalled {
		if s.peer().host.cutFrom(s.host) != 0 {
			n.stalled = append(n.stalled, s)
			continue
		}
		// The sender repeats what was lost: it is on its way once more.
		n.schedule(s.peer().path.delay(), event{kind: KindResume, host: s.host, stream: s})
	}
	unheard := n.unheard
	n.unheard = nil
	for _, s := range unheard {
		s.heard()
	}
}

// ResetStreams breaks all streams between a and b: both ends are closed with
// ErrReset.
func (n *Internet) ResetStreams(a, b *Host) {
	for _, s := range a.streams {
		if s.to == b {
			s.shut(transport.ErrReset)
			s.peer().shut(transport.ErrReset)
		}
	}
}

// cutFrom tells the cuts that stop what h sends to other.
func (h *Host) cutFrom(other *Host) uint64 {
	if h == other {
		return 0
	}
	return h.sideA&other.sideB | h.sideB&other.sideA&^h.net.oneWay
}

// hold keeps a segment that a cut stops, or that must not overtake one.
func (n *Internet) hold(seg *segment) {
	from, to := seg.from, seg.to
	if to.ended() {
		n.lose(seg)
		return
	}
	if !to.hasHeld() {
		n.stalled = append(n.stalled, to)
	}
	n.unload(seg)
	to.inbox().held.push(seg)
	switch {
	case seg.kind == segOpen, seg.kind == segAccept: // the dial has a timeout of its own
	case from.host.cutFrom(to.host)&^n.stalls != 0:
		from.awaitStall()
	}
}

// resume admits what was held back, unless there is a cut again.
func (s *stream) resume() {
	n, from := s.net(), s.peer()
	if !s.hasHeld() {
		return // given up meanwhile
	}
	if from.host.cutFrom(s.host) != 0 {
		n.stalled = append(n.stalled, s)
		return
	}
	if from.unacked == 0 {
		n.cancel(&from.stall)
	}
	for s.hasHeld() {
		seg, _ := s.in.held.pop()
		if from.state == vanished && seg.kind != segReset {
			n.lose(seg)
			continue
		}
		n.admit(seg) // beside the load of the downlink: it waited long enough
	}
}

// unhear notes that bytes of this end were delivered, and that no word of it
// comes back.
func (s *stream) unhear(bytes int64) {
	if s.unacked == 0 {
		n := s.net()
		n.unheard = append(n.unheard, s)
	}
	s.unacked += bytes
	s.awaitStall()
}

// heard lets the acknowledgements through, if no cut stops them any more.
func (s *stream) heard() {
	n, far := s.net(), s.peer()
	switch {
	case s.ended():
		s.unacked = 0
	case far.host.cutFrom(s.host) != 0:
		n.unheard = append(n.unheard, s)
	default:
		s.unacked = 0
		if !far.hasHeld() {
			n.cancel(&s.stall)
		}
		s.wantUplink()
	}
}

// CutOffFrom reports whether a cut stops what h sends to other.
func (h *Host) CutOffFrom(other *Host) bool { return h.cutFrom(other) != 0 }
