package scenarios

import (
	"fmt"
	"net/netip"
	"time"

	"bt/client"
	"bt/client/wire"
	"bt/simnet"
	"bt/simnet/simfs"
)

// oracles watch a run: every byte on every wire, every write to a disk, every
// notice. They only look, so that a run with them is the run without them.
//
// Each rule has an id, which its violations carry. W rules are about what a
// client under watch says to its peers, D rules about data, L about liveness, R
// about resources, T about trackers. Hostile peers may do as they like.
type oracles struct {
	net    *simnet.Internet
	truth  *truth
	report func(Violation)
	agenda agenda
	wires  []wireConn // by the number of the stream
	heard  int64      // bytes seen delivered on any stream
	at     map[*simnet.Host]*watched
	all    []*watched
	calm   calmWatch
	ended  instant             // when a client was last told to close
	alien  bool                // there are such hosts
	keys   map[string]*watched // that trackers were told, each by its first owner

	extended map[string]readHello // by its bytes, what came of reading it

	drift map[*simnet.Host]int // what clocks that were set gain, per million

	damaged  map[*simfs.FS]*damage
	stations map[*simnet.Host]bool // of trackers
	marker   *marker               // nil: nobody asks for marks
}

// watched is a client under watch, and what the oracles know of it.
type watched struct {
	// What every event looks at: see view.
	*subject
	o        *oracles
	retired  bool // its host runs another client now
	isClosed bool
	idle     idleWatch
	jobs     int // with its disk, as of its last turn
	handles  handleWatch
	stall    stallWatch

	peerID     [20]byte
	lacked     pieceSet // pieces it wants and has not
	left       int64    // their bytes
	wanted     pieceSet // pieces it wants, had or not
	had        pieceSet // pieces it has, wanted or not
	unread     pieceSet // pieces that it could not read, and has not verified since
	views      []*view  // of its open connections, in the order they came up
	asked      map[wire.Block]int
	asleep     bool    // other priorities were set while it was frozen,
	leftAsleep int64   // and this was left before
	stateAt    instant // of its last change between active, paused and stopped
	prioAt     instant // when it was last given other priorities of files

	disk     diskWatch
	trust    trustWatch
	announce announceWatch
	accounts map[string][]account         // by tracker, as of its last announces
	udp      map[netip.AddrPort]*udpWatch // by the address of a tracker
	traffic  traffic
	rates    rateWatch
	bans     banWatch
	named    map[netip.AddrPort]bool // peers that a tracker has named, or the user
	pace     paceWatch
	tiers    tierWatch
	identity identityWatch
	stop     stopWatch
	errors   errorWatch
	durable  durableWatch
	waste    wasteWatch
	buffers  bufferWatch
	fair     fairWatch
	share    shareWatch
	dials    dialWatch
	state    client.State // active, paused or stopped, as it has told
}

// newOracles begins to watch an internet. It must be called before there is any
// stream.
func newOracles(net *simnet.Internet, tr *truth, report func(Violation)) *oracles {
	o := &oracles{
		net: net, truth: tr, report: report,
		at:   make(map[*simnet.Host]*watched),
		keys: make(map[string]*watched),

		extended: make(map[string]readHello),
		calm:     newCalmWatch(),

		damaged:  make(map[*simfs.FS]*damage),
		stations: make(map[*simnet.Host]bool),
	}
	net.Tap(o.tap)
	net.TapPackets(o.tapPacket)
	return o
}

// watch begins to watch a client, before its first turn. A client on the same
// host that was watched before is gone.
func (o *oracles) watch(s *subject) {
	if old := o.at[s.host]; old != nil {
		old.retired = true
		old.views = nil
	}
	n := o.truth.meta.Info.NumPieces()
	w := &watched{
		subject: s, o: o, peerID: s.client.PeerID(),
		lacked: newPieceSet(n), wanted: newPieceSet(n), had: newPieceSet(n), unread: newPieceSet(n),
		asked: make(map[wire.Block]int),
	}
	for p := range n {
		if o.truth.wants(s.spec.Priorities, p) {
			w.wanted.set(p)
			w.lack(p)
		}
	}
	w.disk.begin(w)
	w.disk.expectMoved(s, o.at[s.host])
	w.watchDamage()
	w.trust.begin(w)
	w.rates.begin(s)
	w.driftsBy(o.drift[s.host])
	w.announce.families = len(s.host.Addrs())
	w.named = make(map[netip.AddrPort]bool)
	for _, p := range s.spec.Peers {
		w.named[p] = true
	}
	w.durable = newDurableWatch(n, o.at[s.host], s.spec.PieceCache)
	w.fair.begin(w)
	w.dials.begin()
	w.pace.begin()
	w.bans.begin()
	w.tiers.begin(o.truth)
	s.eyes.who, s.watched = w, w
	o.at[s.host] = w
	o.all = append(o.all, w)
	o.disturbed()
}

// notice takes the news of a client, as Config.OnNotice is told it.
func (o *oracles) notice(s *subject, n client.Notice) {
	o.catchUp()
	w := s.watched
	if w.retired {
		return
	}
	defer w.trust.handle(w, n) // after what the news is about
	switch n := n.(type) {
	case client.PieceVerified:
		w.checkMended(n.Piece, n.Download)
		w.handleVerified(n.Piece)
	case client.PieceFailed:
		w.waste.handleFailed(w, n)
		if !n.Download {
			w.handleLost(n.Piece)
		}
	case client.StateChanged:
		w.handleState(n.State)
	case client.HashcheckDone:
		w.disk.torn = "" // gathered
		w.handleLoaded()
		w.fair.loaded(w)
	case client.TrackerAsked:
		w.announce.handleAsked(n)
		w.stop.handleAsked(w, n)
		w.pace.handleAsked(w, n)
		w.handleAsked(n)
	case client.TrackerAnswered:
		w.announce.handleAnswered(n)
		w.tiers.handleOutcome(w, n.URL, n.Event, true, false)
		w.pace.handleAnswered(w, n)
	case client.PeerConnected:
		if !n.Incoming {
			w.handleDialled(n.Addr)
		}
	case client.PeerDisconnected:
		if !n.Incoming {
			w.judgeDial(n.Addr)
			w.handleUndialled(n)
		}
	case client.PeerBanned:
		w.handleBanned(n.Addr.Addr())
	case client.FileFailed:
		w.handleFileFailed()
		w.disk.rewrite() // it may have been the sync of closing files
	case client.DiskWaits:
		w.handleDiskNews(true)
	case client.DiskWorks:
		w.handleDiskNews(false)
	case client.ReadFailed:
		w.handleDiskNews(w.errors.waiting)
		w.unread.set(n.Piece)
		for _, v := range w.views {
			v.answers.readFailed(v, n.Piece)
		}
	case client.FileChanged:
		w.handleDiskNews(w.errors.waiting)
	case client.SyncFailed:
		w.handleDiskNews(w.errors.waiting)
		w.disk.rewrite()
		w.checkWord()
	case client.Healed:
		w.violation("L4", "the watchdog had to mend %v", n.Defects)
	case client.Checkpointed:
		w.handleSaved()
	case client.StorageMoved:
		w.disk.moved(w, n.Dir)
	case client.LeftBehind:
		w.disk.leftBehind = o.present()
		if n := len(w.disk.left); n > 0 {
			w.disk.behind = w.disk.left[n-1]
		}
		w.errors.open = w.errors.open[:0] // told
	case client.MoveFailed:
		w.disk.moveFailed(w)
		w.errors.open = w.errors.open[:0] // told
	case client.PrioritiesSet:
		w.disk.followed(w)
	case client.TorrentRemoved:
		w.disk.finish(w)
		w.disk.removed = true
	case client.Completed:
		w.announce.completed = true
	case client.TrackerFailed:
		w.announce.handleFailed(n)
		w.tiers.handleOutcome(w, n.URL, n.Event, false, n.Retry > 0)
		w.pace.handleFailed(w, n)
	}
}

// closed takes a client's word that nothing of it is left.
func (o *oracles) closed(s *subject) {
	o.catchUp()
	w := o.at[s.host]
	if w == nil || w.subject != s || w.isClosed {
		return
	}
	w.isClosed = true
	w.checkTraffic()
	w.checkWaste()
	o.later(0, w.checkGone)
}

// finish makes the checks that a run ends with. Nothing may be stepped after it.
func (o *oracles) finish() {
	// What has been promised for this very instant has been kept or not.
	o.agenda.advance(o.present().Add(1))
	o.checkTotals()
	o.checkFairness()
	for _, w := range o.all {
		if !w.alive() {
			continue // a disk that has lost its power proves nothing
		}
		for _, v := range w.views {
			v.silence.check(v)
		}
		if !w.isClosed {
			w.checkTraffic()
			w.checkWaste()
		}
		w.checkErrors(o.now())
		if !w.disk.removed {
			w.disk.finish(w)
		}
	}
}

// handleState notes that the user's word has taken effect.
func (w *watched) handleState(s client.State) {
	if w.state == client.Stopped {
		w.announce.handleState(s)
	}
	w.state, w.stateAt = s, w.o.present()
	w.tiers.handleState(w, s)
	w.pace.handleState(s)
	w.stop.handleState(w, s)
}

// handleVerified notes that the client has a piece.
func (w *watched) handleVerified(p int) {
	w.unlack(p)
	w.had.set(p)
	w.unread.clear(p)
	w.fair.changed(w)
	w.forget(p)
	for _, v := range w.views {
		v.interest.changed(v)
		v.extended.changed(v)
	}
}

// handleLost notes that a hash check has found a piece damaged that the client
// had. It may be fetched, and announced, once more.
func (w *watched) handleLost(p int) {
	w.noteLeft()
	w.had.clear(p)
	if w.wanted.has(p) {
		w.lack(p)
	}
	w.noteLeft()
	w.disk.unclaim(p)
	for _, v := range w.views {
		v.haves.said.clear(p)
		v.interest.changed(v)
		v.extended.changed(v)
	}
}

// alive says whether this is still the client that runs on its host.
func (w *watched) alive() bool { return !w.retired && w.host.Alive() }

// thawGrace is how long a program that was frozen takes to catch up.
const thawGrace = 2 * time.Second

// frozen says that the client's program does not run, or did not a moment ago: it
// need not have done, nor heard of, anything.
func (w *watched) frozen() bool {
	until := w.frozenUntil()
	return !until.IsZero() && w.o.now().Sub(until) < thawGrace
}

// frozenUntil is when the client's program was last frozen: now, if it is.
func (w *watched) frozenUntil() instant { return instantOf(w.host.FrozenUntil()) }

// now is the time of what the oracles look at.
func (o *oracles) now() instant {
	if at := o.agenda.doing; !at.IsZero() {
		return at
	}
	return o.present()
}

// present is the time of the run.
func (o *oracles) present() instant { return instantOf(o.net.Now()) }

// catchUp looks at what was to be looked at before now.
func (o *oracles) catchUp() { o.agenda.advance(o.present()) }

// later has do called when d from now has passed, unless the run ends before.
func (o *oracles) later(d time.Duration, do func()) { o.agenda.add(o.now().Add(d), do) }

// violation reports what must not happen, and happened at a time.
func (o *oracles) violation(at instant, rule, node, format string, args ...any) {
	o.report(Violation{At: at.Sub(epoch), Oracle: rule, Node: node, Detail: fmt.Sprintf(format, args...)})
}

func (w *watched) violation(rule, format string, args ...any) {
	w.o.violation(w.o.now(), rule, w.name, format, args...)
}
