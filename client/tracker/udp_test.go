package tracker_test

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"
	"time"

	"bt/client/tracker"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

var udpOptions = cmp.Options{cmpopts.EquateComparable(netip.AddrPort{}, netip.Addr{}), cmpopts.EquateEmpty()}

// TestUDPVectors are datagrams as BEP 15 lays them out, byte by byte.
func TestUDPVectors(t *testing.T) {
	hash := strings.Repeat("11", 20)
	requests := []struct {
		name string
		r    tracker.UDPRequest
		want string
	}{
		{"connect", tracker.UDPRequest{Transaction: 0x01020304}, "0000041727101980 00000000 01020304"},
		{
			"announce", tracker.UDPRequest{
				Action: tracker.UDPAnnounce, Connection: 0xa1a2a3a4a5a6a7a8, Transaction: 5,
				Announce: tracker.Announce{
					InfoHash: [20]byte(bytes.Repeat([]byte{0x11}, 20)), PeerID: [20]byte(bytes.Repeat([]byte{0x22}, 20)),
					Downloaded: 3, Left: 4, Uploaded: 5, Event: tracker.Started, Key: 0xdeadbeef, Port: 6881, Compact: true,
				},
			},
			"a1a2a3a4a5a6a7a8 00000001 00000005" + hash + strings.Repeat("22", 20) +
				"0000000000000003 0000000000000004 0000000000000005 00000002 00000000 deadbeef ffffffff 1ae1",
		},
		{
			"scrape", tracker.UDPRequest{
				Action: tracker.UDPScrape, Connection: 1, Transaction: 2, Hashes: [][20]byte{[20]byte(bytes.Repeat([]byte{0x11}, 20))},
			},
			"0000000000000001 00000002 00000002" + hash,
		},
	}
	for _, tt := range requests {
		want := unhex(t, tt.want)
		if got := tt.r.Append(nil); !bytes.Equal(got, want) {
			t.Errorf("%s: %x, want %x", tt.name, got, want)
		}
		if got, err := tracker.ParseUDPRequest(want); err != nil || cmp.Diff(tt.r, got, udpOptions) != "" {
			t.Errorf("%s: %v %s", tt.name, err, cmp.Diff(tt.r, got, udpOptions))
		}
	}
	responses := []struct {
		name string
		ipv6 bool
		r    tracker.UDPResponse
		want string
	}{
		{"connect", false, tracker.UDPResponse{Transaction: 7, Connection: 0xa1a2a3a4a5a6a7a8}, "00000000 00000007 a1a2a3a4a5a6a7a8"},
		{
			"announce", false, tracker.UDPResponse{Action: tracker.UDPAnnounce, Transaction: 7, Announce: tracker.Response{
				Interval: 1800 * time.Second, Incomplete: 2, Complete: 1, Peers: peers("10.0.0.1:6881"),
			}}, "00000001 00000007 00000708 00000002 00000001 0a0000011ae1",
		},
		{
			"announce over IPv6", true, tracker.UDPResponse{Action: tracker.UDPAnnounce, Transaction: 7, Announce: tracker.Response{
				Interval: time.Second, Peers: peers("[2001:db8::1]:6881"),
			}}, "00000001 00000007 00000001 00000000 00000000 20010db8000000000000000000000001 1ae1",
		},
		{
			"scrape", false, tracker.UDPResponse{Action: tracker.UDPScrape, Transaction: 7, Scrape: []tracker.ScrapeTorrent{{Complete: 1, Downloaded: 2, Incomplete: 3}}},
			"00000002 00000007 00000001 00000002 00000003",
		},
		{"error", false, tracker.UDPResponse{Action: tracker.UDPError, Transaction: 7, Announce: tracker.Response{Failure: "no"}}, "00000003 00000007 6e6f"},
	}
	for _, tt := range responses {
		want := unhex(t, tt.want)
		if got := tt.r.Append(nil, tt.ipv6); !bytes.Equal(got, want) {
			t.Errorf("%s: %x, want %x", tt.name, got, want)
		}
		if got, err := tracker.ParseUDPResponse(want, tt.ipv6); err != nil || cmp.Diff(tt.r, got, udpOptions) != "" {
			t.Errorf("%s: %v %s", tt.name, err, cmp.Diff(tt.r, got, udpOptions))
		}
		for n := range udpNeeds(tt.r.Action) {
			if _, err := tracker.ParseUDPResponse(want[:n], tt.ipv6); err == nil {
				t.Errorf("%s: %d bytes are taken", tt.name, n)
			}
		}
	}
}

// udpNeeds is how many bytes an answer must have.
func udpNeeds(a tracker.UDPAction) int {
	switch a {
	case tracker.UDPConnect:
		return 16
	case tracker.UDPAnnounce:
		return 20
	}
	return 8
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestUDPLeniency: what is cut off or of no known kind spoils nothing else.
func TestUDPLeniency(t *testing.T) {
	answer := unhex(t, "00000001 00000007 ffffffff ffffffff 00000001 0a0000011ae1 0a0000020000 0a00")
	r, err := tracker.ParseUDPResponse(answer, false)
	if err != nil || len(r.Announce.Peers) != 1 || r.Announce.Skipped != 2 || r.Announce.Incomplete != 0 || r.Announce.Interval != -time.Second {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := tracker.ParseUDPResponse(unhex(t, "00000003 00000007"), false); err != nil || r.Announce.Failure == "" {
		t.Errorf("an error without a word: %+v, %v", r, err)
	}
	if r, _ := tracker.ParseUDPResponse(unhex(t, "00000003 00000007 1b5b324a"), false); strings.ContainsRune(r.Announce.Failure, '\x1b') {
		t.Errorf("an error with %q", r.Announce.Failure)
	}
	for _, bad := range []string{"00000004 00000007", "ffffffff 00000007 0000", ""} {
		if r, err := tracker.ParseUDPResponse(unhex(t, bad), false); err == nil {
			t.Errorf("%q is taken: %+v", bad, r)
		}
	}
	if _, err := tracker.ParseUDPResponse(make([]byte, tracker.MaxUDPPacket+1), false); err == nil {
		t.Error("a datagram of any size is taken")
	}
	for _, bad := range []string{"", "0000041727101980 00000000 010203", "0000041727101981 00000000 01020304", "0000000000000001 00000002 00000002", "0000000000000001 00000003 00000002"} {
		if r, err := tracker.ParseUDPRequest(unhex(t, bad)); err == nil {
			t.Errorf("%q is taken: %+v", bad, r)
		}
	}
}

// TestURLData: BEP 41, what is longer than an option has room for is split, and
// options nobody knows are passed over.
func TestURLData(t *testing.T) {
	long := "/announce/" + strings.Repeat("x", 600)
	for _, data := range []string{"", "/announce?passkey=x", long, strings.Repeat("x", 2000)} {
		r := tracker.UDPRequest{Action: tracker.UDPAnnounce, URLData: data}
		want := data
		if len(data) > 1024 {
			want = "" // part of it would be worth nothing
		}
		if got, err := tracker.ParseUDPRequest(r.Append(nil)); err != nil || got.URLData != want {
			t.Errorf("%.20q: %.20q, %v", data, got.URLData, err)
		}
	}
	plain := (&tracker.UDPRequest{Action: tracker.UDPAnnounce}).Append(nil)
	for options, want := range map[string]string{
		"\x01\x01\x02\x01a\x07\x03xyz\x02\x01b\x00\x02\x01c": "ab",
		"\x02": "", "\x02\x05ab": "", "\x02\x00": "",
	} {
		if got, err := tracker.ParseUDPRequest(append(plain[:len(plain):len(plain)], options...)); err != nil || got.URLData != want {
			t.Errorf("%q: %q, %v", options, got.URLData, err)
		}
	}
}

func TestParseTarget(t *testing.T) {
	for url, want := range map[string]tracker.Target{
		"http://t.example/announce":          {Host: "t.example", Port: 80},
		"HTTPS://t.example/a":                {Host: "t.example", Port: 443},
		"http://10.0.0.1:8080/announce":      {Host: "10.0.0.1", Addr: netip.MustParseAddr("10.0.0.1"), Port: 8080},
		"udp://t.example:6969":               {UDP: true, Host: "t.example", Port: 6969},
		"udp://t.example:6969/announce":      {UDP: true, Host: "t.example", Port: 6969},
		"udp://[2001:db8::1]:1/announce?a=b": {UDP: true, Host: "2001:db8::1", Addr: netip.MustParseAddr("2001:db8::1"), Port: 1, URLData: "/announce?a=b"},
		"udp://[::ffff:10.0.0.1]:1/x%2Fy":    {UDP: true, Host: "::ffff:10.0.0.1", Addr: netip.MustParseAddr("10.0.0.1"), Port: 1, URLData: "/x%2Fy"},
	} {
		if got, err := tracker.ParseTarget(url); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", url, got, err, want)
		}
	}
	for _, url := range []string{"", "t.example", "wss://t.example", "udp://t.example/announce", "udp://:80", "udp://t.example:0", "udp://t.example:70000", "http://[::1", "http://"} {
		if got, err := tracker.ParseTarget(url); err == nil {
			t.Errorf("%q is taken: %+v", url, got)
		}
	}
}

// TestUDPAnnounceSurvives: an announce arrives as it was made up, but for what
// the datagram has no place for.
func TestUDPAnnounceSurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hash := rapid.Custom(func(t *rapid.T) (h [20]byte) {
			copy(h[:], rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, "bytes"))
			return h
		})
		want := tracker.UDPRequest{
			Action: tracker.UDPAnnounce, Connection: rapid.Uint64().Draw(t, "connection"), Transaction: rapid.Uint32().Draw(t, "transaction"),
			Announce: tracker.Announce{
				InfoHash: hash.Draw(t, "hash"), PeerID: hash.Draw(t, "id"), Port: rapid.IntRange(0, 65535).Draw(t, "port"),
				Uploaded: rapid.Int64Min(0).Draw(t, "up"), Downloaded: rapid.Int64Min(0).Draw(t, "down"), Left: rapid.Int64Min(0).Draw(t, "left"),
				Event:   rapid.SampledFrom([]tracker.Event{tracker.None, tracker.Started, tracker.Completed, tracker.Stopped}).Draw(t, "event"),
				NumWant: rapid.IntRange(-1, 200).Draw(t, "numwant"), Key: rapid.Uint32().Draw(t, "key"), Compact: true,
			},
		}
		got, err := tracker.ParseUDPRequest(want.Append(nil))
		if d := cmp.Diff(want, got, udpOptions); err != nil || d != "" {
			t.Fatal(err, d)
		}
	})
}

// FuzzParseUDPRequest: no datagram makes the parser panic, and a request that it
// takes can be made.
func FuzzParseUDPRequest(f *testing.F) {
	f.Add((&tracker.UDPRequest{}).Append(nil))
	f.Add((&tracker.UDPRequest{Action: tracker.UDPAnnounce, URLData: "/a?b"}).Append(nil))
	f.Add((&tracker.UDPRequest{Action: tracker.UDPScrape, Hashes: make([][20]byte, 3)}).Append(nil))
	f.Fuzz(func(t *testing.T, p []byte) {
		r, err := tracker.ParseUDPRequest(p)
		if err != nil {
			return
		}
		r.Announce.IP = netip.Addr{} // nothing that clients say
		again, err := tracker.ParseUDPRequest(r.Append(nil))
		again.Announce.IP = netip.Addr{}
		if d := cmp.Diff(r, again, udpOptions); err != nil || d != "" {
			t.Fatal(err, d)
		}
	})
}

// FuzzParseUDPResponse: no datagram makes the parser panic, and what it read can
// be said again.
func FuzzParseUDPResponse(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00abcd12345678"), false)
	f.Add([]byte("\x00\x00\x00\x01abcd\x00\x00\x07\x08\x00\x00\x00\x01\x00\x00\x00\x01\x0a\x00\x00\x01\x1a\xe1"), false)
	f.Add([]byte("\x00\x00\x00\x02abcd\x00\x00\x07\x08\x00\x00\x00\x01\x00\x00\x00\x01"), true)
	f.Add([]byte("\x00\x00\x00\x03abcdno"), true)
	f.Fuzz(func(t *testing.T, p []byte, ipv6 bool) {
		r, err := tracker.ParseUDPResponse(p, ipv6)
		if err != nil {
			return
		}
		if len(r.Announce.Peers) > tracker.MaxPeers || len(r.Scrape) > tracker.MaxUDPScrape {
			t.Errorf("%d peers, %d torrents", len(r.Announce.Peers), len(r.Scrape))
		}
		r.Announce.Skipped = 0
		if r.Announce.Interval < 0 {
			r.Announce.Interval = 0 // is never sent
		}
		for _, peer := range r.Announce.Peers {
			if peer.Addr().Is4In6() {
				return // no address of an IPv6 peer, and has no place in the answer
			}
		}
		again, err := tracker.ParseUDPResponse(r.Append(nil, ipv6), ipv6)
		if d := cmp.Diff(r, again, udpOptions); err != nil || d != "" {
			t.Fatal(err, d)
		}
	})
}
