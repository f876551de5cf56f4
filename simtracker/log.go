package simtracker

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"bt/client/tracker"
)

// Entry is one announce as it arrived, whether or not it was granted.
type Entry struct {
	Time     time.Time
	InfoHash [20]byte
	PeerID   [20]byte
	Addr     netip.AddrPort // what other peers are told
	Event    tracker.Event

	Uploaded, Downloaded, Left int64 // bytes, as claimed

	NumWant   int // 0: not said
	Key       uint32
	TrackerID string
	Failure   string // why it was refused; empty: it was not
}

func newEntry(now time.Time, a *tracker.Announce, addr netip.AddrPort, err error) Entry {
	e := Entry{
		Time: now, InfoHash: a.InfoHash, PeerID: a.PeerID, Addr: addr, Event: a.Event,
		Uploaded: a.Uploaded, Downloaded: a.Downloaded, Left: a.Left,
		NumWant: a.NumWant, Key: a.Key,
		TrackerID: strings.Clone(a.TrackerID), // may be a part of a long query
	}
	if err != nil {
		e.Failure = err.Error()
	}
	return e
}

// announceLog keeps the last max entries. It lets twice as many gather before
// it drops the older half, so that adding one does not move all others.
type announceLog struct {
	max int
	all []Entry
}

func (l *announceLog) add(e Entry) {
	if len(l.all) >= 2*l.max {
		l.all = slices.Delete(l.all, 0, len(l.all)-l.max)
	}
	l.all = append(l.all, e)
}

// entries returns a copy of the last max entries.
func (l *announceLog) entries() []Entry {
	return slices.Clone(l.all[max(len(l.all)-l.max, 0):])
}
