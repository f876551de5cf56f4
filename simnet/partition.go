package simnet

import "bt/transport"

// MaxPartitions bounds how many partitions may be in force at once.
const MaxPartitions = 64

// Partition cuts the hosts of a off from those of b, in both directions, until
// Heal. Streams keep what does not get through, and deliver it after Heal; when
// that takes longer than StallTimeout, both ends are closed with ErrTimeout.
// Dials find no answer, datagrams are lost.
func (n *Internet) Partition(a, b []*Host) {
	if n.partitions == MaxPartitions {
		panic("simnet: more than MaxPartitions partitions at once")
	}
	bit := uint64(1) << n.partitions
	n.partitions++
	for _, h := range a {
		h.sideA |= bit
	}
	for _, h := range b {
		h.sideB |= bit
	}
}

// Heal ends all partitions.
func (n *Internet) Heal() {
	n.partitions = 0
	for _, h := range n.hosts {
		h.sideA, h.sideB = 0, 0
	}
	stalled := n.stalled
	n.stalled = nil
	for _, s := range stalled {
		// The sender repeats what was lost: it is on its way once more.
		n.schedule(s.peer().path.delay(), event{kind: KindResume, host: s.host, stream: s})
	}
}

// ResetStreams breaks all streams between a and b: both ends are closed with
// ErrReset.
func (n *Internet) ResetStreams(a, b *Host) {
	for _, s := range a.streams {
		if s.path != nil && s.path.to == b {
			s.shut(transport.ErrReset)
			s.peer().shut(transport.ErrReset)
		}
	}
}

func (h *Host) cutFrom(other *Host) bool {
	return h != other && h.sideA&other.sideB|h.sideB&other.sideA != 0
}

// hold keeps a segment that a partition stops, or that must not overtake one.
func (n *Internet) hold(seg *segment) {
	from, to := seg.from, seg.to
	if to.ended() {
		n.lose(seg)
		return
	}
	if to.held.len() == 0 {
		n.stalled = append(n.stalled, to)
	}
	n.unload(seg)
	to.held.push(seg)
	switch seg.kind {
	case segOpen, segAccept: // the dial has a timeout of its own
	default:
		from.awaitStall()
	}
}

// resume admits what was held back, unless there is a partition again.
func (s *stream) resume() {
	n, from := s.net(), s.peer()
	if s.held.len() == 0 {
		return // given up meanwhile
	}
	if s.host.cutFrom(from.host) {
		n.stalled = append(n.stalled, s)
		return
	}
	n.cancel(&from.stall)
	for s.held.len() > 0 {
		seg, _ := s.held.pop()
		if from.state == vanished && seg.kind != segReset {
			n.lose(seg)
			continue
		}
		n.admit(seg) // beside the load of the downlink: it waited long enough
	}
}
