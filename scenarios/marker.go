package scenarios

import (
	"slices"
	"strings"

	"bt/client"
	"bt/client/wire"
	"bt/simnet"
	"bt/simnet/simfs"
)

// marker notes which marks a run reaches. It only looks: it draws and schedules
// nothing, and the run is the same without it.
type marker struct {
	run     *run
	reached map[string]bool
	hearers []marked // of every mark, each time
	states  connStates
	lives   map[string]*markedLife   // by the name of the client
	cuts    map[[2]*simnet.Host]bool // hosts that were cut off from each other: true, they are not any more
	healed  bool                     // some of them
}

// marked hears of marks.
type marked interface{ mark(name, node string) }

// markedLife is what happened to a client, over all lives of its process.
type markedLife struct {
	suffered map[Verb]bool    // before it was complete
	failed   map[int]bool     // pieces that have failed their hash
	trackers map[string]bool  // that have failed, by URL
	waits    bool             // for its disk
	fault    client.DiskFault // of that
	broken   bool             // its disk has stopped it
	refused  bool             // the piece cache of this life was of no use
	shares   int              // in its part file, when priorities were last set
}

// beginMarks has the run watched for marks, if somebody wants to know.
func (r *run) beginMarks() {
	if r.opt.Cover || slices.ContainsFunc(r.scenario.Expect, func(e Expectation) bool { return e.Check == reachedName }) {
		r.marker = &marker{
			run: r, reached: make(map[string]bool), lives: make(map[string]*markedLife),
			cuts: make(map[[2]*simnet.Host]bool),
		}
		r.oracles.marker = r.marker
	}
}

// reach notes that a client has come into a situation. A nil marker notes nothing.
func (m *marker) reach(name, node string) {
	if m == nil {
		return
	}
	if !m.reached[name] && !isMark(name) {
		panic("scenarios: no mark is called " + name)
	}
	m.reached[name] = true
	for _, h := range m.hearers {
		h.mark(name, node)
	}
}

func isMark(name string) bool {
	return slices.ContainsFunc(allMarks, func(m Mark) bool { return m.Name == name })
}

func (m *marker) life(node string) *markedLife {
	l := m.lives[node]
	if l == nil {
		l = &markedLife{suffered: make(map[Verb]bool), failed: make(map[int]bool), trackers: make(map[string]bool)}
		m.lives[node] = l
	}
	return l
}

// frameSent sees a message of a client before the referee knows of it.
func (m *marker) frameSent(v *view, f *frame) {
	if m == nil {
		return
	}
	node := v.who.name
	switch f.kind {
	case wire.Request:
		if v.who.asked[f.block] > 0 {
			m.reach("endgame", node)
		}
		if v.facts.peerChoking && v.requests.allowed[f.block.Index] {
			m.reach("asked-while-choked", node)
		}
	case wire.Cancel:
		m.reach("cancel", node)
	case wire.NotInterested:
		m.reach("interest-lost", node)
	case wire.KeepAlive:
		m.reach("keep-alive", node)
	}
}

// frameHeard is frameSent for a message to a client.
func (m *marker) frameHeard(v *view, f *frame) {
	if m == nil {
		return
	}
	node := v.who.name
	if m.healed && v.host != nil && m.cuts[pairOf(v.who.host, v.host)] {
		m.reach("partition-healed", node)
	}
	switch f.kind {
	case wire.Choke:
		if len(v.requests.live) > 0 {
			m.reach("choked-while-asking", node)
		}
	case wire.Reject:
		if v.requests.find(f.block) >= 0 {
			m.reach("rejected", node)
		}
	case wire.Piece:
		if v.requests.find(f.block) < 0 {
			m.reach("late-block", node)
		}
	}
}

// moved notes the state of a connection after a message.
func (m *marker) moved(v *view) {
	if m != nil {
		m.states.add(v.state())
	}
}

// notice sees the news of a client before the oracles do.
func (m *marker) notice(p *program, x client.Notice) {
	if m == nil {
		return
	}
	node, l := p.node.name, m.life(p.node.name)
	switch x := x.(type) {
	case client.PieceFailed:
		if x.Download {
			m.reach("piece-failed", node)
			l.failed[x.Piece] = true
		} else if m.run.oracles.at[p.node.host].had.has(x.Piece) {
			m.reach("damage-found", node)
		}
	case client.PieceVerified:
		if x.Download && l.failed[x.Piece] {
			m.reach("piece-mended", node)
		}
	case client.PeerBanned:
		m.reach("peer-banned", node)
	case client.PeerDisconnected:
		if name := closingMark(x.Reason); name != "" {
			m.reach(name, node)
		}
	case client.TrackerFailed, client.TrackerAnswered:
		m.tracker(node, l, x)
	default:
		m.disk(p, l, x)
	}
}

// tracker sees what came of an announce.
func (m *marker) tracker(node string, l *markedLife, x client.Notice) {
	if failed, ok := x.(client.TrackerFailed); ok {
		l.trackers[failed.URL] = true
		return
	}
	url := x.(client.TrackerAnswered).URL
	if l.trackers[url] {
		m.reach("tracker-back", node)
	}
	tiers := m.run.truth.meta.Trackers
	if len(l.trackers) > 0 && len(tiers) > 1 && !slices.Contains(tiers[0], url) && slices.ContainsFunc(tiers[0], func(u string) bool { return l.trackers[u] }) {
		m.reach("tracker-failed-over", node)
	}
	delete(l.trackers, url)
}

// disk sees what is told of the disk, and of what is on it.
func (m *marker) disk(p *program, l *markedLife, x client.Notice) {
	node := p.node.name
	switch x := x.(type) {
	case client.DiskWaits:
		l.waits = true
		if e, ok := x.Err.(*client.DiskError); ok {
			l.fault = e.Fault
		}
	case client.DiskWorks:
		switch {
		case !l.waits: // in another life
		case l.fault == client.DiskFull:
			m.reach("disk-full-recovered", node)
		case l.fault == client.DiskBusy:
			m.reach("disk-busy-recovered", node)
		}
		l.waits = false
	case client.FileFailed:
		l.broken = true
	case client.ReadFailed:
		m.reach("read-failed", node)
	case client.SyncFailed:
		m.reach("sync-failed", node)
	case client.FileChanged:
		m.reach("file-changed", node)
	case client.CacheRefused:
		l.refused = true
	case client.HashcheckDone:
		if p.subject.spec.PieceCache != nil && !l.refused && p.torrent.Status().PiecesHad > 0 {
			m.reach("resumed", node)
		}
	case client.SeedModeEnded:
		m.reach("seed-mode-ended", node)
	case client.StorageMoved:
		m.reach("storage-moved", node)
	case client.PrioritiesSet:
		if now := p.node.countShares(); now < l.shares {
			m.reach("part-file-promoted", node)
		}
	case client.Checkpointed:
		if p.node.countShares() > 0 {
			m.reach("part-file", node)
		}
	}
}

// countShares counts what is in the part file of a client, while it may be at work
// on it: what is half written counts as nothing.
func (n *node) countShares() int {
	if !slices.ContainsFunc(n.fs.Files(), func(f simfs.FileStat) bool { return strings.HasSuffix(f.Path, partSuffix) }) {
		return 0
	}
	shares, err := n.partShares()
	if err != nil {
		return 0
	}
	return shares
}

// started sees the first moment of a client's process.
func (m *marker) started(p *program) {
	if m != nil {
		l := m.life(p.node.name)
		l.waits, l.refused = false, false
	}
}

// completed sees a client complete for the first time.
func (m *marker) completed(n *node) {
	if m == nil {
		return
	}
	l := m.life(n.name)
	for _, v := range trials {
		if l.suffered[v] {
			m.reach(trialPrefix+string(v), n.name)
		}
	}
	if l.broken {
		m.reach("disk-broken-recovered", n.name)
	}
}

// acted sees an action before it is performed, or when it is over.
func (m *marker) acted(a *Action, over bool) {
	if m == nil {
		return
	}
	switch {
	case a.Do == DoHeal:
		// order: none, each pair is looked at by itself
		for p := range m.cuts {
			m.cuts[p], m.healed = true, true
		}
	case a.Do == DoPartition:
		for _, p := range m.pairs(a) {
			m.cuts[p], m.healed = over, m.healed || over
		}
	}
	if over || !slices.Contains(trials, a.Do) {
		return
	}
	for _, n := range m.sufferers(a) {
		l := m.life(n.name)
		if n.completeAt < 0 && n.program != nil {
			l.suffered[a.Do] = true
		}
		if a.Do == DoPriorities {
			l.shares = n.countShares()
		}
	}
}

// sufferers are the clients that an action concerns: all of them, if it is done to
// a tracker.
func (m *marker) sufferers(a *Action) []*node {
	if len(m.run.stationsOf(a.Who)) > 0 {
		return m.run.nodes
	}
	names := slices.Concat(a.Who, a.With)
	if len(names) == 0 {
		return nil // nodesOf would take it for everybody
	}
	return m.run.nodesOf(names)
}

// pairs lists the hosts that a partition keeps apart.
func (m *marker) pairs(a *Action) (list [][2]*simnet.Host) {
	for _, from := range m.run.machines(a.Who) {
		for _, to := range m.run.others(a) {
			list = append(list, pairOf(from, to))
		}
	}
	return list
}
