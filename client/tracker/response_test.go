package tracker_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"bt/client/tracker"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func diffResponse(want, got tracker.Response) string {
	return cmp.Diff(want, got, cmpopts.EquateComparable(netip.AddrPort{}, netip.Addr{}), cmpopts.EquateEmpty())
}

func peers(s ...string) (list []netip.AddrPort) {
	for _, p := range s {
		list = append(list, netip.MustParseAddrPort(p))
	}
	return list
}

func TestR08Responses(t *testing.T) {
	const longest = 9223372036 * time.Second
	tests := []struct {
		name, body string
		want       tracker.Response
	}{
		{"empty", "de", tracker.Response{}},
		{
			"everything",
			"d8:completei5e10:incompletei7e8:intervali1800e12:min intervali60e" +
				"5:peers6:\x0a\x00\x00\x01\x1a\xe1" +
				"6:peers618:\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x1a\xe2" +
				"10:tracker id3:a\xffb15:warning message4:slowe",
			tracker.Response{
				Interval: 30 * time.Minute, MinInterval: time.Minute, TrackerID: "a\xffb", Warning: "slow",
				Complete: 5, Incomplete: 7, Peers: peers("10.0.0.1:6881", "[2001:db8::1]:6882"),
			},
		},
		{"failure", "d8:intervali5e14:failure reason9:not todaye", tracker.Response{Failure: "not today"}},
		{"failure for a terminal", "d14:failure reason6:a\x1b[2\xff\ne", tracker.Response{Failure: "a?[2??"}},
		{"empty failure", "d14:failure reason0:e", tracker.Response{Failure: "no reason given"}},
		{"failure that is a number", "d14:failure reasoni7ee", tracker.Response{Failure: "no reason given"}},
		{"a newline after the end", "d8:intervali5ee\n", tracker.Response{Interval: 5 * time.Second}},
		{"unsorted keys", "d8:intervali5e8:completei1ee", tracker.Response{Interval: 5 * time.Second, Complete: 1}},
		{"interval 0", "d8:intervali0ee", tracker.Response{}},
		{"interval negative", "d8:intervali-60ee", tracker.Response{Interval: -time.Minute}},
		{"interval huge", "d8:intervali9223372036854775807ee", tracker.Response{Interval: longest}},
		{"interval beyond 64 bits", "d8:intervali99999999999999999999999ee", tracker.Response{Interval: longest}},
		{"interval below 64 bits", "d8:intervali-99999999999999999999999ee", tracker.Response{Interval: -longest}},
		{"interval of another type", "d8:complete1:x8:interval2:60e", tracker.Response{}},
		{"interval that is no number", "d8:intervalixee", tracker.Response{}},
		{"negative and huge counts", "d8:completei-1e10:incompletei99999999999ee", tracker.Response{Incomplete: 1<<31 - 1}},
		{"tracker id too long", "d10:tracker id1000:" + strings.Repeat("x", 1000) + "e", tracker.Response{}},
		{"warning too long", "d15:warning message1000:" + strings.Repeat("x", 1000) + "e", tracker.Response{Warning: strings.Repeat("x", 512)}},
		{"no peers", "d5:peers0:e", tracker.Response{}},
		{"byte 0x0a", "d5:peers12:\x0a\x0a\x0a\x0a\x0a\x0a\x01\x02\x03\x04\x00\x0ae", tracker.Response{Peers: peers("10.10.10.10:2570", "1.2.3.4:10")}},
		{"peers cut off", "d5:peers11:\x01\x02\x03\x04\x00\x05\x01\x02\x03\x04\x00e", tracker.Response{Peers: peers("1.2.3.4:5"), Skipped: 1}},
		{"port 0", "d5:peers12:\x01\x02\x03\x04\x00\x00\x01\x02\x03\x04\x00\x05e", tracker.Response{Peers: peers("1.2.3.4:5"), Skipped: 1}},
		{"peers6 cut off", "d6:peers617:aaaaaaaaaaaaaaaaae", tracker.Response{Skipped: 1}},
		{"peers6 alone", "d6:peers618:aaaaaaaaaaaaaaaa\x00\x05e", tracker.Response{Peers: peers("[6161:6161:6161:6161:6161:6161:6161:6161]:5")}},
		{
			"dictionaries",
			"d5:peersl" +
				"d2:ip7:1.2.3.47:peer id20:-XX0001-abcdefghijkl4:porti5ee" +
				"d2:ip3:::14:porti6ee" +
				"d2:ip14:::ffff:1.2.3.54:porti7ee" +
				"d2:ip11:example.com4:porti8ee" +
				"d2:ip11:fe80::1%eth4:porti8ee" +
				"d2:ip7:1.2.3.44:porti0ee" +
				"d2:ip7:1.2.3.44:porti65536ee" +
				"d2:ip7:1.2.3.44:porti-1ee" +
				"d2:ip7:1.2.3.4e" +
				"d4:porti5ee" +
				"de" + "i5e" +
				"ee",
			tracker.Response{Peers: peers("1.2.3.4:5", "[::1]:6", "1.2.3.5:7"), Skipped: 9},
		},
		{"no dictionaries", "d5:peerslee", tracker.Response{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tracker.ParseResponse([]byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if d := diffResponse(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestR08ResponsesThatAreNone(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"nothing", "", "nothing there"},
		{"a web page", "<html>\n<title>404 not here</title>" + strings.Repeat("x", 1000), `in "<html>\n<title>404 not here</title>xxx`},
		{"cut off", "d8:intervali5", "EOF"},
		{"cut off inside a string", "d5:peers100:abc", "EOF"},
		{"a list", "ld8:intervali5eee", "no dictionary"},
		{"an integer", "i5e", "i5e"},
		{"an integer as key", "di5ei6ee", "key"},
		{"peers of another type", "d5:peersi5ee", `peers are neither a string nor a list: "i5e"`},
		{"too long", "d5:peers2000000:" + strings.Repeat("x", 2000000) + "e", "bytes, limit 1048576"},
		{"too deep", "d1:x" + strings.Repeat("l", 100) + strings.Repeat("e", 100) + "e", "depth"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tracker.ParseResponse([]byte(tt.body))
			if err == nil || !strings.HasPrefix(err.Error(), "tracker response: ") || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want … %s", err, tt.want)
			}
			if len(err.Error()) > 400 {
				t.Errorf("error of %d bytes", len(err.Error()))
			}
		})
	}
}

func TestNumberOfPeersIsLimited(t *testing.T) {
	many := strings.Repeat("\x01\x02\x03\x04\x00\x05", tracker.MaxPeers+3)
	got, err := tracker.ParseResponse(fmt.Appendf(nil, "d5:peers%d:%se", len(many), many))
	if err != nil || len(got.Peers) != tracker.MaxPeers || got.Skipped != 3 {
		t.Errorf("%d peers, %d skipped, %v", len(got.Peers), got.Skipped, err)
	}
}

// anyResponse draws a response such as a tracker makes.
func anyResponse(t *rapid.T) tracker.Response {
	if rapid.Bool().Draw(t, "fails") {
		return tracker.Response{Failure: rapid.StringMatching(`[ -~]{1,40}`).Draw(t, "failure")}
	}
	seconds := rapid.Map(rapid.IntRange(-10, 1e6), func(n int) time.Duration { return time.Duration(n) * time.Second })
	peer := func(size int) *rapid.Generator[netip.AddrPort] {
		return rapid.Custom(func(t *rapid.T) netip.AddrPort {
			ip, _ := netip.AddrFromSlice(rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, "ip"))
			return netip.AddrPortFrom(ip.Unmap(), rapid.Uint16Min(1).Draw(t, "port"))
		})
	}
	r := tracker.Response{
		Interval:    seconds.Draw(t, "interval"),
		MinInterval: seconds.Draw(t, "min interval"),
		TrackerID:   string(rapid.SliceOfN(rapid.Byte(), 0, 30).Draw(t, "tracker id")),
		Warning:     rapid.StringMatching(`[ -~]{0,40}`).Draw(t, "warning"),
		Complete:    rapid.IntRange(0, 1e6).Draw(t, "complete"),
		Incomplete:  rapid.IntRange(0, 1e6).Draw(t, "incomplete"),
	}
	// IPv4 first: the order in which the compact form can tell them.
	r.Peers = append(r.Peers, rapid.SliceOf(peer(4)).Draw(t, "peers")...)
	for _, p := range rapid.SliceOf(peer(16)).Draw(t, "peers6") {
		if p.Addr().Is6() {
			r.Peers = append(r.Peers, p)
		}
	}
	return r
}

func TestAnyResponseSurvivesBothForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyResponse(t)
		for _, compact := range []bool{true, false} {
			got, err := tracker.ParseResponse(want.Append(nil, compact))
			if err != nil {
				t.Fatal(err)
			}
			if d := diffResponse(want, got); d != "" {
				t.Fatalf("compact %v: %s", compact, d)
			}
		}
	})
}

func TestCompactFormIsWhatTheBEPSays(t *testing.T) {
	r := tracker.Response{Interval: time.Minute, Peers: peers("[::1]:6882", "10.0.0.1:6881")}
	want := "d8:completei0e10:incompletei0e8:intervali60e5:peers6:\x0a\x00\x00\x01\x1a\xe1" +
		"6:peers618:\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x1a\xe2e"
	if got := string(r.Append(nil, true)); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	want = "d8:completei0e10:incompletei0e8:intervali60e5:peers" +
		"ld2:ip3:::14:porti6882eed2:ip8:10.0.0.14:porti6881eeee"
	if got := string(r.Append(nil, false)); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// FuzzParseResponse: no body makes the parser panic, and what it read can be
// said again in both forms.
func FuzzParseResponse(f *testing.F) {
	f.Add([]byte("d8:intervali1800e5:peers6:\x0a\x00\x00\x01\x1a\xe16:peers618:aaaaaaaaaaaaaaaa\x00\x05e"))
	f.Add([]byte("d5:peersld2:ip7:1.2.3.44:porti5eeee"))
	f.Add([]byte("d14:failure reason2:noe"))
	f.Add([]byte("d11:external ip4:\x0a\x00\x00\x015:peers0:e"))
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := tracker.ParseResponse(body)
		if err != nil {
			return
		}
		if len(r.Peers) > tracker.MaxPeers {
			t.Errorf("%d peers", len(r.Peers))
		}
		r.Skipped = 0
		for _, compact := range []bool{true, false} {
			again, err := tracker.ParseResponse(r.Append(nil, compact))
			if err != nil {
				t.Fatal(err)
			}
			if len(again.Peers) != len(r.Peers) || again.Skipped != 0 {
				t.Errorf("compact %v: %v, then %v", compact, r.Peers, again.Peers)
			}
			again.Peers = r.Peers // the compact form has IPv4 first
			if d := diffResponse(r, again); d != "" {
				t.Errorf("compact %v: %s", compact, d)
			}
		}
	})
}
