package tracker_test

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"bt/client/tracker"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

var (
	testHash = [20]byte([]byte("\x00 +&=?%/#~-._azAZ09\xff"))
	testID   = [20]byte([]byte("-XX0001-abcdefghijkl"))
)

// required is the part of a query every announce of the tests starts with.
const required = "info_hash=%00%20%2B%26%3D%3F%25%2F%23~-._azAZ09%FF&peer_id=-XX0001-abcdefghijkl" +
	"&port=6881&uploaded=1&downloaded=2&left=3&compact=1"

func TestAnnounceURL(t *testing.T) {
	tests := []struct {
		name   string
		base   string
		change func(*tracker.Announce)
		want   string
	}{
		{"nothing optional", "http://t.example/announce", nil, "http://t.example/announce?" + required},
		{"no path", "https://t.example", nil, "https://t.example?" + required},
		{"query kept", "http://t.example:8080/a?passkey=x%2f+y", nil, "http://t.example:8080/a?passkey=x%2f+y&" + required},
		{"empty query", "http://t.example/a?", nil, "http://t.example/a?" + required},
		{"fragment dropped", "http://t.example/a?b=c#d", nil, "http://t.example/a?b=c&" + required},
		{"escaped path kept", "http://t.example/a%2Fb/announce", nil, "http://t.example/a%2Fb/announce?" + required},
		{
			"all", "http://t.example/announce",
			func(a *tracker.Announce) {
				a.NumWant, a.Key, a.TrackerID, a.Event = 50, 0xbeef, "a b\xff", tracker.Completed
				a.IP = netip.MustParseAddr("2001:db8::1")
			},
			"http://t.example/announce?" + required +
				"&numwant=50&key=0000beef&trackerid=a%20b%FF&event=completed&ip=2001%3Adb8%3A%3A1",
		},
		{
			"no peers", "http://t.example/announce",
			func(a *tracker.Announce) { a.NumWant, a.Event = tracker.NumWantNone, tracker.Stopped },
			"http://t.example/announce?" + required + "&numwant=0&event=stopped",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := tracker.Announce{InfoHash: testHash, PeerID: testID, Port: 6881, Uploaded: 1, Downloaded: 2, Left: 3}
			if tt.change != nil {
				tt.change(&a)
			}
			got, err := a.URL(tt.base)
			if err != nil || got != tt.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, tt.want)
			}
		})
	}
}

func TestAnnounceURLFails(t *testing.T) {
	for _, base := range []string{"", "announce", "/announce", "udp://t.example:80", "http://", "http://a b/", "http://t.example/%zz", "\n"} {
		if got, err := (&tracker.Announce{}).URL(base); err == nil {
			t.Errorf("%q: got %s, want an error", base, got)
		}
	}
}

func TestAnyAnnounceSurvivesTheQuery(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bytes20 := rapid.SliceOfN(rapid.Byte(), 20, 20)
		total := rapid.Int64Min(0)
		want := tracker.Announce{
			InfoHash:   [20]byte(bytes20.Draw(t, "hash")),
			PeerID:     [20]byte(bytes20.Draw(t, "id")),
			Port:       rapid.IntRange(1, 65535).Draw(t, "port"),
			Uploaded:   total.Draw(t, "up"),
			Downloaded: total.Draw(t, "down"),
			Left:       total.Draw(t, "left"),
			Event:      tracker.Event(rapid.IntRange(0, 3).Draw(t, "event")),
			NumWant:    rapid.IntRange(-1, 1000).Draw(t, "numwant"),
			Key:        rapid.Uint32().Draw(t, "key"),
			TrackerID:  string(rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "trackerid")),
			IP:         rapid.SampledFrom([]netip.Addr{{}, netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("::1")}).Draw(t, "ip"),
			Compact:    true,
		}
		s, err := want.URL("http://t.example/announce?key2=v")
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		got, err := tracker.ParseAnnounce(u.RawQuery)
		if d := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{})); d != "" || err != nil {
			t.Fatal(err, d)
		}
	})
}

func TestParseAnnounceWishes(t *testing.T) {
	tests := []struct {
		extra string
		want  func(tracker.Announce) bool
	}{
		{"&numwant=-1", func(a tracker.Announce) bool { return a.NumWant == 0 }},
		{"&numwant=0", func(a tracker.Announce) bool { return a.NumWant == tracker.NumWantNone }},
		{"&numwant=many", func(a tracker.Announce) bool { return a.NumWant == 0 }},
		{"&key=not-hex!", func(a tracker.Announce) bool { return a.Key == 0 }},
		{"&event=empty", func(a tracker.Announce) bool { return a.Event == tracker.None }},
		{"&event=paused", func(a tracker.Announce) bool { return a.Event == tracker.Paused }},
		{"&ip=::ffff:10.0.0.1", func(a tracker.Announce) bool { return a.IP == netip.MustParseAddr("10.0.0.1") }},
		{"", func(a tracker.Announce) bool { return a.Compact }},
	}
	for _, tt := range tests {
		a, err := tracker.ParseAnnounce(required + tt.extra)
		if err != nil || !tt.want(a) {
			t.Errorf("%q: %+v, %v", tt.extra, a, err)
		}
	}
	for query, compact := range map[string]bool{"compact=0": false, "compact=1": true, "x=y": true} {
		a, err := tracker.ParseAnnounce(strings.Replace(required, "compact=1", query, 1))
		if err != nil || a.Compact != compact {
			t.Errorf("%s: %+v, %v", query, a, err)
		}
	}
}

func TestParseAnnounceFails(t *testing.T) {
	replace := func(old, new string) string { return strings.Replace(required, old, new, 1) }
	tests := []struct{ query, want string }{
		{"", "info_hash of 0 bytes, want 20"},
		{replace("%00", ""), "info_hash of 19 bytes"},
		{replace("%00", "%0"), "query: "},
		{replace("peer_id", "peer"), "peer_id of 0 bytes"},
		{replace("port=6881", "port=0"), `port is "0", want an integer from 1 to 65535`},
		{replace("port=6881", "port=65536"), `port is "65536"`},
		{replace("uploaded=1", "uploaded=-1"), `uploaded is "-1"`},
		{replace("downloaded=2", "downloaded=x"), `downloaded is "x"`},
		{replace("&left=3", ""), `left is ""`},
		{required + "&event=complete", `unknown event "complete"`},
		{required + "&trackerid=" + strings.Repeat("x", 513), "trackerid of 513 bytes, limit 512"},
		{required + "&ip=example.com", `ip is "example.com"`},
		{required + "&ip=fe80::1%25eth0", "ip is"},
		{required + "&x=" + strings.Repeat("x", 10000), "bytes, limit 8192"},
	}
	for _, tt := range tests {
		if _, err := tracker.ParseAnnounce(tt.query); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.200s: error %v, want … %s", tt.query, err, tt.want)
		}
	}
}

func TestEventIsSpeltAsTheBEPSays(t *testing.T) {
	want := map[tracker.Event]string{
		tracker.None: "", tracker.Started: "started", tracker.Completed: "completed", tracker.Stopped: "stopped",
	}
	for e, name := range want {
		if e.String() != name {
			t.Errorf("event %d is %q, want %q", e, e, name)
		}
	}
}

// FuzzParseAnnounce: no query makes the parser panic, and an announce it takes
// is one that can be made.
func FuzzParseAnnounce(f *testing.F) {
	f.Add(required + "&event=completed&numwant=50&key=beef&trackerid=x&ip=::1")
	f.Add("info_hash=%")
	f.Fuzz(func(t *testing.T, query string) {
		a, err := tracker.ParseAnnounce(query)
		if err != nil {
			return
		}
		s, err := a.URL("http://t.example/announce")
		if err != nil {
			t.Fatal(err)
		}
		_, query, _ = strings.Cut(s, "?")
		a.Compact = true
		again, err := tracker.ParseAnnounce(query)
		if d := cmp.Diff(a, again, cmpopts.EquateComparable(netip.Addr{})); d != "" || err != nil {
			t.Fatal(err, d)
		}
	})
}
