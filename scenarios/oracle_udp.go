package scenarios

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"net/url"
	"time"

	"bt/simnet"
)

const (
	// udpConnectMagic begins a connect request (BEP 15).
	udpConnectMagic = 0x41727101980
	// udpRetryLeast is the shortest wait before a request is sent again.
	udpRetryLeast = 15 * time.Second
	// udpConnectionMost is how long a client may use a connection id.
	udpConnectionMost = time.Minute
)

// udpWatch is what passes between a client and one address of a UDP tracker. Its
// announces are held to the same rules as those by HTTP: T1, T4, T6, W16. T8 is
// about the protocol itself: connection ids are used that the tracker has given,
// for a minute at most; no transaction id is used twice; and what was not
// answered is sent again after 15 seconds, 30, 60 and so on, no sooner.
type udpWatch struct {
	connections map[uint64]instant  // when each was given
	used        map[uint32]udpAsked // requests, by their transaction id
	waits       map[uint32]udpAsked // what waits for an answer, by action: the last one
	completed   instant             // when it was last told of completion; zero: never
}

// udpAsked is a request that was sent.
type udpAsked struct {
	at          instant
	action      uint32
	event       string
	transaction uint32
	repeats     int // of the same before it
}

func newUDPWatch() *udpWatch {
	return &udpWatch{
		connections: make(map[uint64]instant), used: make(map[uint32]udpAsked), waits: make(map[uint32]udpAsked),
	}
}

// tapPacket sees every datagram. Those to and from the port of trackers count.
func (o *oracles) tapPacket(e simnet.PacketTap) {
	switch {
	case !e.Delivered && e.ToAddr.Port() == trackerPort:
		o.catchUp()
		if w := o.at[e.From]; w != nil && w.alive() {
			w.idle.busy()
			// A datagram leaves in the turn whose news is told at the end of it.
			data := bytes.Clone(e.Data)
			o.later(0, func() { w.handleUDPRequest(e.ToAddr, data) })
		}
	case e.Delivered && e.FromAddr.Port() == trackerPort:
		o.catchUp()
		if w := o.at[e.To]; w != nil && w.alive() {
			w.idle.busy()
			w.handleUDPAnswer(e.FromAddr, e.Data)
		}
	}
}

// udpWith is what passes between the client and a tracker's address.
func (w *watched) udpWith(tracker netip.AddrPort) *udpWatch {
	if w.udp[tracker] == nil {
		if w.udp == nil {
			w.udp = make(map[netip.AddrPort]*udpWatch)
		}
		w.udp[tracker] = newUDPWatch()
	}
	return w.udp[tracker]
}

func (w *watched) handleUDPRequest(to netip.AddrPort, p []byte) {
	wrong := func(format string, args ...any) {
		w.violation("T8", "to %v: "+format, append([]any{to}, args...)...)
	}
	if len(p) < 16 {
		wrong("a datagram of %d bytes", len(p))
		return
	}
	now, u := w.o.now(), w.udpWith(to)
	id := binary.BigEndian.Uint64(p)
	a := udpAsked{at: now, action: binary.BigEndian.Uint32(p[8:]), transaction: binary.BigEndian.Uint32(p[12:])}
	if _, twice := u.used[a.transaction]; twice {
		wrong("transaction id %x again", a.transaction)
	}
	// Whose clock was set back meanwhile cannot know that a minute has passed.
	given, ok := u.connections[id]
	if age, known := w.measured(given, now); a.action != actionConnect && (!ok || known && age > udpConnectionMost) {
		wrong("connection id %x, which was given %v, now is %v", id, given, now)
	}
	var announce url.Values
	switch {
	case a.action == actionConnect && id != udpConnectMagic:
		wrong("a connect by %x", id)
	case a.action == actionAnnounce && len(p) < 98:
		wrong("an announce of %d bytes", len(p))
	case a.action == actionAnnounce:
		announce = readUDPAnnounce(p)
		a.event = announce.Get("event")
	case a.action > actionScrape:
		wrong("action %d", a.action)
	}
	repeated := w.judgeRepeat(to, u, &a)
	u.used[a.transaction] = a
	u.waits[a.action] = a
	if announce == nil {
		return
	}
	tracker := to.String() + "/announce"
	lost := false
	if a.event == "completed" {
		// It may have come to think that the first was lost.
		lost = !u.completed.IsZero() && w.clockSetSince(u.completed)
		u.completed = now
	}
	if !repeated && !lost {
		if wrong := w.announce.judge(tracker, a.event); wrong != "" {
			w.violation("T1", "to %s: %s", tracker, wrong)
		}
	}
	w.judgeAccounts(tracker, w.accountsWith(tracker), announce)
	w.judgeIdentity(tracker, announce)
}

// judgeRepeat says whether a request is one that has had no answer, once more. A
// client has one torrent here, so that two of a kind are the same; but for an
// announce of another event, which is news.
func (w *watched) judgeRepeat(to netip.AddrPort, u *udpWatch, a *udpAsked) bool {
	last, ok := u.waits[a.action]
	if !ok || last.event != a.event {
		return false
	}
	a.repeats = last.repeats + 1
	w.o.marker.reach("udp-repeated", w.name)
	if gap := a.at.Sub(last.at); w.early(last.at, a.at, udpRetryLeast) {
		// Unless the user has stopped and started the torrent meanwhile, which is told
		// after what follows from it was sent.
		w.o.later(0, func() {
			if !w.stateAt.After(last.at) {
				w.violation("T8", "to %v: the same again after %v", to, gap)
			}
		})
	}
	return true
}

func (w *watched) handleUDPAnswer(from netip.AddrPort, p []byte) {
	if len(p) < 8 {
		return
	}
	u := w.udpWith(from)
	action, transaction := binary.BigEndian.Uint32(p), binary.BigEndian.Uint32(p[4:])
	asked, ok := u.used[transaction]
	if !ok || action != asked.action && action != actionError || u.waits[asked.action].transaction != transaction {
		return
	}
	switch {
	case action == actionConnect && len(p) >= 16:
		u.connections[binary.BigEndian.Uint64(p[8:])] = w.o.now()
	case action == actionAnnounce && len(p) >= 20:
		w.namePeers(p[20:], from.Addr())
	case action == actionError && asked.event == "completed":
		w.announce.repeats++
	}
	delete(u.waits, asked.action)
}

// namePeers notes whom a tracker has named, in the way of its own family.
func (w *watched) namePeers(p []byte, family netip.Addr) {
	n := family.BitLen() / 8
	for ; len(p) >= n+2; p = p[n+2:] {
		ip, _ := netip.AddrFromSlice(p[:n])
		w.named[netip.AddrPortFrom(ip, binary.BigEndian.Uint16(p[n:]))] = true
	}
}

// readUDPAnnounce reads an announce as the query that it would be by HTTP.
func readUDPAnnounce(p []byte) url.Values {
	q := make(url.Values)
	number := func(name string, v uint64) { q.Set(name, fmt.Sprint(int64(v))) }
	q.Set("info_hash", string(p[16:36]))
	q.Set("peer_id", string(p[36:56]))
	number("downloaded", binary.BigEndian.Uint64(p[56:]))
	number("left", binary.BigEndian.Uint64(p[64:]))
	number("uploaded", binary.BigEndian.Uint64(p[72:]))
	if e := binary.BigEndian.Uint32(p[80:]); e > 0 && e <= 3 {
		q.Set("event", []string{"completed", "started", "stopped"}[e-1])
	}
	q.Set("key", fmt.Sprintf("%08x", binary.BigEndian.Uint32(p[88:])))
	if n := int32(binary.BigEndian.Uint32(p[92:])); n >= 0 {
		number("numwant", uint64(n))
	}
	number("port", uint64(binary.BigEndian.Uint16(p[96:])))
	return q
}
