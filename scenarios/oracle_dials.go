package scenarios

import (
	"net/netip"
	"time"

	"bt/client"
	"bt/simnet"
)

// dialWaitLeast is how long an address is left alone when a connection to it has
// ended: a quarter of a minute, less a quarter for jitter.
const dialWaitLeast = 15 * time.Second * 3 / 4

// dialWatch is R7: whoever could not be connected to, or was of no use, is left
// alone for a while. Together with R1, which bounds the attempts under way, this
// bounds the rate of attempts: a swarm of dead addresses is not hammered, nor is
// one address by all who were told of it.
type dialWatch struct {
	up    map[netip.AddrPort]bool    // connections that the client has made
	ended map[netip.AddrPort]dialEnd // those before
	idle  map[netip.AddrPort]bool    // neither end wanted anything when the last one broke
}

func (d *dialWatch) begin() {
	d.up, d.ended, d.idle = make(map[netip.AddrPort]bool), make(map[netip.AddrPort]dialEnd), make(map[netip.AddrPort]bool)
}

// dialEnd is how a connection that the client has made has ended.
type dialEnd struct {
	at     instant
	reason client.Reason
	idle   bool // neither end wanted anything: it makes no difference which was first to close
}

// excused says that the address may be dialled at once: the connection has ended
// for no fault of the other side.
func (e dialEnd) excused() bool {
	return e.idle || e.reason == client.LocalStop || e.reason == client.Hashchecking || e.reason == client.SeedToSeed || e.reason == client.Filtered
}

// handleOpened hears that somebody has accepted a connection. The client may have
// given it up before: a partition keeps the word of a dial until it is healed.
func (w *watched) handleOpened(e *simnet.TapEvent) {
	if _, known := w.dials.ended[e.ToAddr()]; !known {
		return
	}
	for s := range w.o.net.Streams() {
		if s.Stream == e.Stream && s.Dialer {
			w.handleDialled(e.ToAddr())
			return
		}
	}
}

// handleDialled hears that a connection was made to an address, or could not be.
func (w *watched) handleDialled(to netip.AddrPort) {
	now := w.o.now()
	e, ok := w.dials.ended[to]
	if ok && !e.excused() && !w.frozen() && w.early(e.at, now, dialWaitLeast) {
		w.violation("R7", "tries %v again %v after the last connection has ended: %v", to, now.Sub(e.at), e.reason)
	}
	delete(w.dials.ended, to)
	delete(w.dials.idle, to)
	w.dials.up[to] = true
}

// handleUndialled hears that a connection which the client has made is over, or
// has never come up.
func (w *watched) handleUndialled(n client.PeerDisconnected) {
	if !w.dials.up[n.Addr] {
		w.handleDialled(n.Addr)
	}
	delete(w.dials.up, n.Addr)
	for _, v := range w.views { // it is there still if it was the client that has closed
		if v.dialled == n.Addr {
			w.dials.handleEnded(v)
		}
	}
	w.dials.ended[n.Addr] = dialEnd{w.o.now(), n.Reason, w.dials.idle[n.Addr]}
	delete(w.dials.idle, n.Addr)
}

// handleEnded hears that a connection of the client's is over. Whoever says in that
// very instant that it has other pieces may have been a seed a moment before.
func (d *dialWatch) handleEnded(v *view) {
	done := v.extended.remoteDone || int(v.facts.pieces) == v.who.o.truth.meta.Info.NumPieces() || v.facts.fewer.Equal(v.who.o.now())
	if v.dialled.IsValid() && v.who.lacked.empty() && done {
		d.idle[v.dialled] = true
	}
}
