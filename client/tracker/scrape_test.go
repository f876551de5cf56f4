package tracker_test

import (
	"bytes"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"bt/client/tracker"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func TestScrapeURL(t *testing.T) {
	// An empty string: not supported.
	tests := []struct{ announce, want string }{
		{"http://example.com/announce", "http://example.com/scrape"},
		{"http://example.com/x/announce", "http://example.com/x/scrape"},
		{"http://example.com/announce.php", "http://example.com/scrape.php"},
		{"http://example.com/a", ""},
		{"http://example.com/announce?x2%0644", "http://example.com/scrape?x2%0644"},
		{"http://example.com/announce?x=2/4", "http://example.com/scrape?x=2/4"},
		{"http://example.com/a%2Fb/announce", "http://example.com/a%2Fb/scrape"},
		{"http://example.com", ""},
		{"http://example.com/x%064announce", ""},
		{"udp://example.com/announce", "error"},
	}
	for _, tt := range tests {
		got, err := tracker.ScrapeURL(tt.announce)
		switch {
		case tt.want == "" && !errors.Is(err, tracker.ErrNoScrape):
			t.Errorf("%s: got %s, %v, want ErrNoScrape", tt.announce, got, err)
		case tt.want == "error" && err == nil:
			t.Errorf("%s: got %s, want an error", tt.announce, got)
		case strings.HasPrefix(tt.want, "http") && (got != tt.want || err != nil):
			t.Errorf("%s: got %s, %v, want %s", tt.announce, got, err, tt.want)
		}
	}
}

func TestScrapeQuery(t *testing.T) {
	want := [][20]byte{testHash, testID}
	s, err := tracker.ScrapeURL("http://example.com/announce?passkey=1", want...)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(s)
	if err != nil || u.Query().Get("passkey") != "1" {
		t.Fatal(s, err)
	}
	got, err := tracker.ParseScrapeQuery(u.RawQuery)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
	for _, query := range []string{"", "info_hash=short", "info_hash=%", strings.Repeat("info_hash="+string(testID[:])+"&", 101)} {
		if got, err := tracker.ParseScrapeQuery(query); err == nil {
			t.Errorf("%.40s: got %q, want an error", query, got)
		}
	}
}

func TestAnyScrapeSurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(0, 1e6)
		want := tracker.Scrape{Torrents: rapid.SliceOfDistinct(
			rapid.Custom(func(t *rapid.T) tracker.ScrapeTorrent {
				return tracker.ScrapeTorrent{
					InfoHash: [20]byte(rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, "hash")),
					Complete: count.Draw(t, "complete"), Downloaded: count.Draw(t, "downloaded"), Incomplete: count.Draw(t, "incomplete"),
				}
			}),
			func(s tracker.ScrapeTorrent) [20]byte { return s.InfoHash },
		).Draw(t, "torrents")}
		got, err := tracker.ParseScrape(want.Append(nil))
		slices.SortFunc(want.Torrents, func(a, b tracker.ScrapeTorrent) int {
			return bytes.Compare(a.InfoHash[:], b.InfoHash[:])
		})
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" || err != nil {
			t.Fatal(err, d)
		}
	})
}

func TestParseScrape(t *testing.T) {
	failed := tracker.Scrape{Failure: "no"}
	tests := []struct {
		name, body string
		want       tracker.Scrape
	}{
		{"failure", string(failed.Append(nil)), failed},
		{"no torrents", "d5:filesdee", tracker.Scrape{}},
		{
			"some malformed", "d5:filesd5:shortde20:-XX0001-abcdefghijkld8:completei3ee20:-XX0002-abcdefghijkli5eee",
			tracker.Scrape{Torrents: []tracker.ScrapeTorrent{{InfoHash: testID, Complete: 3}}},
		},
	}
	for _, tt := range tests {
		got, err := tracker.ParseScrape([]byte(tt.body))
		if d := cmp.Diff(tt.want, got); d != "" || err != nil {
			t.Error(tt.name, err, d)
		}
	}
	for _, body := range []string{"", "<html>", "de", "d5:filesi5ee"} {
		if got, err := tracker.ParseScrape([]byte(body)); err == nil {
			t.Errorf("%q: got %v, want an error", body, got)
		}
	}
}

// FuzzParseScrape: no body makes the parser panic, and what it read can be said
// again.
func FuzzParseScrape(f *testing.F) {
	f.Add([]byte("d5:filesd20:-XX0001-abcdefghijkld8:completei3eeee"))
	f.Add([]byte("d14:failure reason2:noe"))
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := tracker.ParseScrape(body)
		if err != nil {
			return
		}
		again, err := tracker.ParseScrape(s.Append(nil))
		if d := cmp.Diff(s, again, cmpopts.EquateEmpty()); d != "" || err != nil {
			t.Fatal(err, d)
		}
	})
}
