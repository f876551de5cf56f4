package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"bt/scenarios"
)

// pageMax is what a page may weigh.
const pageMax = 4 << 20

// makePage runs a scenario and makes its page.
func makePage(t *testing.T, s scenarios.Scenario, seed uint64) (string, scenarios.Result) {
	t.Helper()
	c := New()
	result := scenarios.Run(s, seed, scenarios.Options{Observer: c})
	var page bytes.Buffer
	if err := c.Write(&page, result, "btsim run "+s.Name); err != nil {
		t.Fatal(err)
	}
	return page.String(), result
}

// find returns a scenario of the catalogue.
func find(t *testing.T, name string) scenarios.Scenario {
	t.Helper()
	s, ok := scenarios.Find(name)
	if !ok {
		t.Fatalf("no scenario %q", name)
	}
	return s
}

// dataOf reads the data of a page.
func dataOf(t *testing.T, html string) (p page) {
	t.Helper()
	_, rest, _ := strings.Cut(html, `id="data">`)
	data, _, found := strings.Cut(rest, "</script>")
	if !found {
		t.Fatal("the page has no data")
	}
	if err := json.Unmarshal([]byte(data), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// failing cannot pass, and has a few of everything: fifty leeches, pauses, and an
// expectation that nobody can satisfy.
func failing() scenarios.Scenario {
	return scenarios.Scenario{
		Name: "fifty", About: "Fifty leeches, of which one should be <b>faster</b> than light.",
		Torrent: scenarios.Torrent{Piece: 16 * scenarios.KiB, Size: 256 * scenarios.KiB},
		Actors: []scenarios.Actor{
			{Name: "seed", Kind: scenarios.Seed},
			{Name: "leech", Kind: scenarios.Leech, Count: 50},
		},
		Actions: []scenarios.Action{{At: scenarios.Second, Do: scenarios.DoPause, Who: []string{"leech-7"}, For: scenarios.Second}},
		Expect: []scenarios.Expectation{
			{Check: "complete"},
			{Check: "complete", Who: []string{"leech-3"}, Within: scenarios.Second},
		},
	}
}

// TestSameRunSamePage: a run is the same when it is observed, and its page is the
// same every time, and no larger than it should be.
func TestSameRunSamePage(t *testing.T) {
	for _, s := range []scenarios.Scenario{find(t, "one-piece"), failing()} {
		t.Run(s.Name, func(t *testing.T) {
			plain := scenarios.Run(s, 3, scenarios.Options{})
			first, result := makePage(t, s, 3)
			again, _ := makePage(t, s, 3)
			if result.Hash != plain.Hash || result.Events != plain.Events {
				t.Errorf("hash %x after %d events, when observed %x after %d", plain.Hash, plain.Events, result.Hash, result.Events)
			}
			if first != again {
				t.Error("the second page is another one")
			}
			if len(first) > pageMax {
				t.Errorf("%d bytes", len(first))
			}
			p := dataOf(t, first)
			if p.Requests.Answered == 0 || len(p.Conns) == 0 || len(p.Log) == 0 || len(p.Log)+p.Left.Entries != p.Total {
				t.Errorf("requests %+v, %d connections, %d entries of %d", p.Requests, len(p.Conns), len(p.Log), p.Total)
			}
			if s.Name != "one-piece" && p.Left.Entries == 0 {
				t.Errorf("nothing of %d entries is left out", p.Total)
			}
			for _, n := range p.Nodes {
				if n.Kind == "leech" && (n.States[len(n.States)-1][1] != int64(off) || n.Had[0] < 0) {
					t.Errorf("%s ends in states %v", n.Name, n.States)
				}
			}
		})
	}
}

// TestFailureOnPage: a failure has what led to it, and nothing that was said by
// others can become markup.
func TestFailureOnPage(t *testing.T) {
	html, result := makePage(t, failing(), 1)
	if result.Pass() {
		t.Fatal("it passes")
	}
	p := dataOf(t, html)
	if len(p.Faults) != 1 || p.Nodes[p.Faults[0].Node].Name != "leech-3" || len(p.Faults[0].Causes) == 0 {
		t.Errorf("%+v", p.Faults)
	}
	if len(p.Bands) != 1 || p.Bands[0].To-p.Bands[0].From != 1_000_000 {
		t.Errorf("%+v", p.Bands)
	}
	if strings.Contains(html, "<b>faster") {
		t.Error("a text of the scenario is markup")
	}
	for _, address := range []string{"src=", "@import", "fetch(", "href=\"http"} {
		if strings.Contains(pageHTML+pageCSS+pageJS, address) {
			t.Errorf("the page wants something from elsewhere: %s", address)
		}
	}
}

// TestBrokenOff: there is a page of a run that could not begin, too.
func TestBrokenOff(t *testing.T) {
	html, result := makePage(t, scenarios.Scenario{Name: "nothing"}, 1)
	if p := dataOf(t, html); result.Pass() || p.Pass || len(p.Nodes) != 0 {
		t.Errorf("%+v", p)
	}
}
