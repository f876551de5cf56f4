package scenarios

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"bt/transport"
)

// packetManners are the ways in which a UDP tracker fails those who ask it, or
// somebody else does in its place.
var packetManners = map[string]func(*station) (stop func()){
	"deaf":            packets(func(*packetStation, asked) bool { return true }),
	"loses-connects":  packets(loses(actionConnect, 2)),
	"loses-announces": packets(loses(actionAnnounce, 3)),
	"forgetful":       packets(forgetful),
	"refusing":        packets(refusing),
	"uncounted":       packets(uncounted),
	"surrounded":      packets(surrounded),
}

// The actions of BEP 15, as numbers on the wire.
const (
	actionConnect  = 0
	actionAnnounce = 1
	actionScrape   = 2
	actionError    = 3
)

// asked is a datagram that has come to a tracker.
type asked struct {
	from netip.AddrPort
	p    []byte
}

func (r asked) action() uint32 {
	if len(r.p) < 16 {
		return ^uint32(0)
	}
	return binary.BigEndian.Uint32(r.p[8:])
}

func (r asked) transaction() []byte { return r.p[12:16] }

// packetStation is a UDP tracker that serves. It counts what it gets.
type packetStation struct {
	*station
	conn  transport.PacketConn
	got   [4]int          // requests by their action
	spent map[uint64]bool // connection ids that a forgetful one has forgotten
}

// packets serves datagrams. instead, unless nil, does what it does, and says
// whether that is all.
func packets(instead func(*packetStation, asked) bool) func(*station) (stop func()) {
	return func(s *station) func() {
		t := &packetStation{station: s}
		conn, err := s.host.Net().ListenPacket(netip.AddrPortFrom(netip.IPv6Unspecified(), trackerPort), func(from netip.AddrPort, p []byte) {
			r := asked{from, p}
			if a := r.action(); a < uint32(len(t.got)) {
				t.got[a]++
			}
			if instead == nil || !instead(t, r) {
				t.answer(from, t.tracker.ServePacket(from, p))
			}
		})
		if err != nil {
			panic(fmt.Sprintf("scenarios: tracker %s: %v", s.name, err))
		}
		t.conn = conn
		return conn.Close
	}
}

func (t *packetStation) answer(to netip.AddrPort, p []byte) {
	if p != nil {
		t.conn.Send(to, p)
	}
}

// loses has the first n requests of a kind get lost on the way.
func loses(action uint32, n int) func(*packetStation, asked) bool {
	return func(t *packetStation, r asked) bool { return r.action() == action && t.got[action] <= n }
}

// forgetful gives connection ids, and knows them for one announce: what comes
// later by the same, it ignores.
func forgetful(t *packetStation, r asked) bool {
	if t.spent == nil {
		t.spent = make(map[uint64]bool)
	}
	switch r.action() {
	case actionConnect:
		p := t.tracker.ServePacket(r.from, r.p)
		delete(t.spent, binary.BigEndian.Uint64(p[8:])) // it gives the same one within a minute
		t.answer(r.from, p)
		return true
	case actionAnnounce:
		id := binary.BigEndian.Uint64(r.p)
		was := t.spent[id]
		t.spent[id] = true
		return was
	}
	return false
}

// refusing says no to every announce.
func refusing(t *packetStation, r asked) bool {
	if r.action() != actionAnnounce {
		return false
	}
	t.answer(r.from, append(response(actionError, r.transaction()), "you are not wanted"...))
	return true
}

// uncounted tells of no seeds and no leeches in its answers to announces.
func uncounted(t *packetStation, r asked) bool {
	p := t.tracker.ServePacket(r.from, r.p)
	if r.action() == actionAnnounce && len(p) >= 20 {
		clear(p[12:20])
	}
	t.answer(r.from, p)
	return true
}

// surrounded is a good tracker among bad neighbours: before each of its answers
// come others, with wrong transaction ids, too short, of the wrong kind, or from
// another port, all of which offer a connection id that is none, or a peer that
// does not exist.
func surrounded(t *packetStation, r asked) bool {
	if len(r.p) < 16 {
		return false
	}
	other := append([]byte(nil), r.transaction()...)
	other[3] ^= 1
	for _, tx := range [][]byte{other, r.transaction()} {
		for _, action := range []uint32{actionConnect, actionAnnounce, actionError} {
			lie := response(action, tx)
			switch action {
			case actionConnect:
				lie = append(lie, "a lie!!!"...)
			case actionAnnounce:
				lie = append(append(lie, 0, 0, 0, 60, 0, 0, 0, 1, 0, 0, 0, 1), 203, 0, 113, 1, 0x1a, 0xe1)
			}
			if &tx[0] == &other[0] {
				t.answer(r.from, lie)
			} else {
				t.spoof(r.from, lie)
			}
		}
	}
	t.answer(r.from, r.transaction()) // too short
	return false
}

// spoof sends from another port of the tracker's host.
func (t *packetStation) spoof(to netip.AddrPort, p []byte) {
	conn, err := t.host.Net().ListenPacket(netip.AddrPortFrom(netip.IPv6Unspecified(), 0), func(netip.AddrPort, []byte) {})
	if err != nil {
		panic(fmt.Sprintf("scenarios: tracker %s: %v", t.name, err))
	}
	conn.Send(to, p)
	conn.Close()
}

func response(action uint32, transaction []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, action), transaction...)
}
