package simtracker

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"
	"time"

	"bt/client/tracker"
)

func TestNumberOfSwarmsIsLimited(t *testing.T) {
	now := time.Unix(0, 0)
	tr := New(Config{Now: func() time.Time { return now }})
	addr := netip.MustParseAddrPort("10.0.0.1:1")
	announce := func(i int) error {
		var a tracker.Announce
		binary.BigEndian.PutUint32(a.InfoHash[:], uint32(i))
		_, err := tr.announce(&a, addr, anyFamily)
		return err
	}
	for i := range maxSwarms {
		if err := announce(i); err != nil {
			t.Fatalf("torrent %d: %v", i, err)
		}
	}
	if err := announce(maxSwarms); err == nil || !strings.Contains(err.Error(), "tracker is full") {
		t.Errorf("one too many: error %v", err)
	}
	if err := announce(0); err != nil {
		t.Errorf("a torrent that was there before: %v", err)
	}
	now = now.Add(3 * DefaultInterval)
	if err := announce(maxSwarms); err != nil || len(tr.swarms) != 1 {
		t.Errorf("when all others have expired: %v, %d swarms", err, len(tr.swarms))
	}
}

func TestNumberOfPeersIsLimited(t *testing.T) {
	s := swarm{peers: make([]peer, maxPeers)}
	addr := netip.MustParseAddrPort("10.0.0.1:1")
	err := s.update(&tracker.Announce{}, addr, time.Time{})
	if err == nil || !strings.Contains(err.Error(), "swarm is full") {
		t.Errorf("one too many: error %v", err)
	}
	s.peers[7].addr = addr
	if err := s.update(&tracker.Announce{}, addr, time.Time{}); err != nil {
		t.Errorf("a peer that was there before: %v", err)
	}
}
