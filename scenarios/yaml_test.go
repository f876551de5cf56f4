package scenarios

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRoundTrip: what Encode writes, Parse reads back to the same value.
func TestRoundTrip(t *testing.T) {
	for _, s := range Builtin() {
		text, err := Encode(s)
		if err != nil {
			t.Errorf("%s: %v", s.Name, err)
			continue
		}
		back, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v\n%s", s.Name, err, text)
			continue
		}
		if diff := cmp.Diff(s, back); diff != "" {
			t.Errorf("%s has changed (-before +after):\n%s\n%s", s.Name, diff, text)
		}
	}
}

const validYAML = `name: x
torrent: {piece: 16KiB, size: 100000}
actors:
  - {name: seed, kind: seed}
  - {name: leech, kind: leech, count: 2, link: {up: 2Mbit}}
actions:
  - {at: 10s, do: pause, who: [leech]}
expect:
  - check: complete
    who: [leech-2]
`

// TestParseErrors: whatever is wrong, the error says where, and what.
func TestParseErrors(t *testing.T) {
	if _, err := Parse([]byte(validYAML)); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, old, new string
		want           string // beginning of the error
		about          string // part of the rest
	}{
		{"unknown field", "kind: seed}", "kind: seed, colour: red}", "4:30: ", "colour"},
		{"syntax", "actors:", "actors: [", "6:1: ", "must be specified"},
		{"type", "count: 2", "count: two", "5:39: ", "int"},
		{"size", "16KiB", "16 elephants", "2:18: ", "no size"},
		{"rate", "2Mbit", "2Mbps", "5:53: ", "no rate"},
		{"duration", "10s", "10 sec", "7:10: ", "no duration"},
		{"list for a duration", "10s", "[1]", "7:10: ", "single value"},
		{"unknown kind", "kind: seed", "kind: tree", "4:24: ", "none of seed"},
		{"unknown verb", "do: pause", "do: dance", "7:19: ", "none of accept"},
		{"unknown check", "complete", "pretty", "9:12: ", "none of absent"},
		{"unknown actor", "leech-2", "leech-3", "10:11: ", "leech-3"},
		{"name taken", "name: leech", "name: seed", "5:12: ", "taken"},
		{"no torrent", "size: 100000", "size: 0", "2:10: ", "0 bytes"},
		{"nobody", "who: [leech]}", "who: []}", "7:31: ", "nobody"},
		{"pieces that are not there", "kind: leech", "kind: leech, has: 0-7", "5:37: ", "0-7"},
		{"no such file", "check: complete", "check: file\n    file: x", "10:11: ", "no file"},
		{"trackers and none", "actors:", "trackerless: true\ntrackers: [{}]\nactors:", "3:14: ", "trackers"},
		{"after the end", "10s", "11m", "7:10: ", "end of the run"},
		{"a personality that does not fit", "kind: leech", "kind: leech, personality: mute", "5:45: ", "hostile"},
		{"a link without need", "who: [leech]}", "who: [leech], link: {up: 1Mbit}}", "7:46: ", "pause"},
	}
	for _, tt := range tests {
		text := strings.Replace(validYAML, tt.old, tt.new, 1)
		if text == validYAML {
			t.Errorf("%s: the text does not change", tt.name)
		}
		_, err := Parse([]byte(text))
		if err == nil {
			t.Errorf("%s: no error", tt.name)
			continue
		}
		if got := err.Error(); !strings.HasPrefix(got, tt.want) || !strings.Contains(got, tt.about) {
			t.Errorf("%s: %q does not begin with %q, or does not say %q", tt.name, got, tt.want, tt.about)
		}
	}
}
