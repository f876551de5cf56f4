// Package tracker is the tracker protocol over HTTP and UDP: the announce of
// BEP 3 with compact peers (BEP 23) and IPv6 peers (BEP 7), the scrape of BEP
// 48, and the datagrams of BEP 15. It encodes and decodes, for both sides; when
// to ask is said elsewhere.
package tracker

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
)

// Event is why a client announces.
type Event uint8

// The events of BEP 3, and the one of BEP 21. None is the announce made at
// regular intervals; Paused stands for it where a partial seed makes it.
const (
	None Event = iota
	Started
	Completed
	Stopped
	Paused
)

var eventNames = [...]string{None: "", Started: "started", Completed: "completed", Stopped: "stopped", Paused: "paused"}

// String returns the event as it is spelt in a query, empty for None.
func (e Event) String() string { return eventNames[e] }

// NumWantNone, as Announce.NumWant, asks for no peers at all.
const NumWantNone = -1

// Announce is what a client tells a tracker.
type Announce struct {
	InfoHash, PeerID [20]byte
	Port             int
	// In bytes. The first two count from the Started event on.
	Uploaded, Downloaded, Left int64

	Event     Event
	NumWant   int        // peers wanted; 0: as many as the tracker likes; or NumWantNone
	Key       uint32     // tells us apart from others when our address changes; 0: none
	TrackerID string     // from an earlier Response, opaque
	IP        netip.Addr // where the sender says it is reached; zero: where it sends from

	// Compact is filled in by ParseAnnounce; URL always asks for compact peers.
	Compact bool
}

// URL returns the address of the GET request which makes this announce to the
// tracker with the announce URL base. A query in base is kept as it is: it is
// where trackers put a user's passkey.
func (a *Announce) URL(base string) (string, error) {
	u, err := parseHTTP(base)
	if err != nil {
		return "", fmt.Errorf("announce URL: %w", err)
	}
	q := query{[]byte(u.RawQuery)}
	q.bytes("info_hash", a.InfoHash[:])
	q.bytes("peer_id", a.PeerID[:])
	q.int("port", int64(a.Port))
	q.int("uploaded", a.Uploaded)
	q.int("downloaded", a.Downloaded)
	q.int("left", a.Left)
	// BEP 23: "compact=1 advises the tracker that the client prefers compact
	// format."
	q.int("compact", 1)
	if a.NumWant != 0 {
		q.int("numwant", int64(max(a.NumWant, 0)))
	}
	if a.Key != 0 {
		q.bytes("key", fmt.Appendf(nil, "%08x", a.Key))
	}
	if a.TrackerID != "" {
		q.bytes("trackerid", []byte(a.TrackerID))
	}
	if a.Event != None {
		q.bytes("event", []byte(a.Event.String()))
	}
	if a.IP.IsValid() {
		q.bytes("ip", []byte(a.IP.String()))
	}
	u.RawQuery = string(q.raw)
	return u.String(), nil
}

// parseHTTP returns the parts of an absolute HTTP URL, without its fragment,
// which is never sent.
func parseHTTP(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, err // names s
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("%q is no http or https address", s)
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// A query is the part of a URL after the question mark, growing.
type query struct{ raw []byte }

func (q *query) key(name string) {
	if len(q.raw) > 0 {
		q.raw = append(q.raw, '&')
	}
	q.raw = append(append(q.raw, name...), '=')
}

func (q *query) int(name string, v int64) {
	q.key(name)
	q.raw = strconv.AppendInt(q.raw, v, 10)
}

// bytes escapes everything that is not unreserved (RFC 3986, 2.3), a space as
// %20: many trackers do not take + for one.
func (q *query) bytes(name string, value []byte) {
	q.key(name)
	for _, c := range value {
		if unreserved(c) {
			q.raw = append(q.raw, c)
		} else {
			q.raw = fmt.Appendf(q.raw, "%%%02X", c)
		}
	}
}

func unreserved(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return c == '-' || c == '.' || c == '_' || c == '~'
}
