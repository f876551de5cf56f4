package tracker

import (
	"fmt"
	"math"
	"net/netip"
	"net/url"
	"strconv"
)

const (
	// maxQuery bounds, in bytes, the query of a request that a tracker reads.
	// An announce needs about 300, a scrape of maxScrape torrents 7,100.
	maxQuery = 8 << 10
	// maxScrape is the number of torrents one scrape may name.
	maxScrape = 100
)

// ParseAnnounce reads the query of an announce, as a tracker does. The error
// can be shown to the client as the failure reason.
func ParseAnnounce(rawQuery string) (Announce, error) {
	values, err := parseQuery(rawQuery)
	if err != nil {
		return Announce{}, err
	}
	p := params{values: values}
	a := Announce{
		InfoHash:   p.hash("info_hash"),
		PeerID:     p.hash("peer_id"),
		Port:       int(p.int("port", 1, 65535)),
		Uploaded:   p.int("uploaded", 0, math.MaxInt64),
		Downloaded: p.int("downloaded", 0, math.MaxInt64),
		Left:       p.int("left", 0, math.MaxInt64),
		Event:      p.event(),
		NumWant:    p.numWant(),
		Key:        p.key(),
		TrackerID:  p.trackerID(),
		IP:         p.ip(),
		// BEP 23: "It is SUGGESTED that trackers return compact format by
		// default. By including compact=0 in the announce URL, the client
		// advises the tracker that is prefers the original format".
		Compact: values.Get("compact") != "0",
	}
	if p.err != nil {
		return Announce{}, p.err
	}
	return a, nil
}

// ParseScrapeQuery reads the info-hashes of a scrape, as a tracker does, one at
// least. The error can be shown to the client as the failure reason.
func ParseScrapeQuery(rawQuery string) ([][20]byte, error) {
	values, err := parseQuery(rawQuery)
	if err != nil {
		return nil, err
	}
	all := values["info_hash"]
	if len(all) == 0 || len(all) > maxScrape {
		return nil, fmt.Errorf("scrape of %d torrents, want 1 to %d", len(all), maxScrape)
	}
	var hashes [][20]byte
	for _, s := range all {
		if len(s) != 20 {
			return nil, fmt.Errorf("info_hash of %d bytes, want 20", len(s))
		}
		hashes = append(hashes, [20]byte([]byte(s)))
	}
	return hashes, nil
}

func parseQuery(rawQuery string) (url.Values, error) {
	if len(rawQuery) > maxQuery {
		return nil, fmt.Errorf("query of %d bytes, limit %d", len(rawQuery), maxQuery)
	}
	values, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	return values, nil
}

// params reads parameters one by one and keeps the first error.
type params struct {
	values url.Values
	err    error
}

func (p *params) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

func (p *params) hash(name string) (h [20]byte) {
	s := p.values.Get(name)
	if len(s) != len(h) {
		p.fail("%s of %d bytes, want %d", name, len(s), len(h))
	}
	copy(h[:], s)
	return h
}

func (p *params) int(name string, low, high int64) int64 {
	s := p.values.Get(name)
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil || v < low || v > high {
		p.fail("%s is %.32q, want an integer from %d to %d", name, s, low, high)
	}
	return v
}

func (p *params) event() Event {
	s := p.values.Get("event")
	switch s {
	// BEP 3: "(or empty, which is the same as not being present)"; some
	// clients send the word.
	case "", "empty":
		return None
	case "paused":
		return Paused
	case "started":
		return Started
	case "completed":
		return Completed
	case "stopped":
		return Stopped
	}
	p.fail("unknown event %.32q", s)
	return None
}

// numWant never fails: it is a wish, and -1 is in use for "no wish".
func (p *params) numWant() int {
	n, err := strconv.ParseInt(p.values.Get("numwant"), 10, 32)
	switch {
	case err != nil || n < 0:
		return 0
	case n == 0:
		return NumWantNone
	}
	return int(n)
}

// key never fails: clients choose its form, and only ours is read.
func (p *params) key() uint32 {
	n, err := strconv.ParseUint(p.values.Get("key"), 16, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

func (p *params) trackerID() string {
	s := p.values.Get("trackerid")
	if len(s) > maxText {
		p.fail("trackerid of %d bytes, limit %d", len(s), maxText)
	}
	return s
}

func (p *params) ip() netip.Addr {
	s := p.values.Get("ip")
	if s == "" {
		return netip.Addr{}
	}
	ip, err := netip.ParseAddr(s)
	if err != nil || ip.Zone() != "" {
		p.fail("ip is %.64q, want an IPv4 or IPv6 address", s)
	}
	return ip.Unmap()
}
