package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
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

// TestParseErrors: whatever is wrong, the error says where, what was found, and
// what is allowed. The golden file has a line for the mistake, and one for what is
// said about it.
func TestParseErrors(t *testing.T) {
	if _, err := Parse([]byte(validYAML)); err != nil {
		t.Fatal(err)
	}
	const more = "\nactors:" // what is said of the whole stands in front of the actors
	tests := []struct{ name, old, new string }{
		{"no scenario", validYAML, "# nothing"},
		{"two scenarios", "name: x", "name: x\n---\nname: y"},
		{"a list for a scenario", validYAML, "[1, 2]"},
		{"syntax", "actors:", "actors: ["},
		{"a field twice", "count: 2", "count: 2, count: 3"},
		{"unknown field", "kind: seed}", "kind: seed, colour: red}"},
		{"unknown field of the whole", more, "\naction: []" + more},
		{"unknown field, a slip of the finger", "count: 2", "cuont: 2"},
		{"unknown field far down", "{up: 2Mbit}", "{up: 2Mbit, latncy: 3ms}"},
		{"type", "count: 2", "count: two"},
		{"fraction", "count: 2", "count: 2.5"},
		{"seed below 0", more, "\nseed: -1" + more},
		{"neither true nor false", more, "\nipv6: maybe" + more},
		{"value for fields", "{up: 2Mbit}", "fast"},
		{"value for a list", "[leech]", "leech"},
		{"fields for a value", "do: pause", "do: {verb: pause}"},
		{"list for a duration", "10s", "[1]"},
		{"size", "16KiB", "16 elephants"},
		{"rate", "2Mbit", "2Mbps"},
		{"duration", "10s", "10 sec"},
		{"duration below 0", "10s", "-10s"},
		{"name missing", "name: x\n", ""},
		{"kind missing", "{name: seed, kind: seed}", "{name: seed}"},
		{"expectations missing", "expect:\n  - check: complete\n    who: [leech-2]\n", ""},
		{"no expectations", "expect:\n  - check: complete\n    who: [leech-2]\n", "expect: []\n"},
		{"time missing", "at: 10s, ", ""},
		{"name with a space", "name: x", "name: x y"},
		{"unknown kind", "kind: seed", "kind: sede"},
		{"unknown personality", "kind: seed", "kind: hostile, personality: mtue"},
		{"a personality that does not fit", "kind: leech", "kind: leech, personality: mute"},
		{"unknown verb", "do: pause", "do: dance"},
		{"unknown verb, a slip of the finger", "do: pause", "do: pasue"},
		{"unknown check", "complete", "pretty"},
		{"unknown check, a slip of the finger", "complete", "completed"},
		{"unknown actor", "leech-2", "leech-3"},
		{"unknown actor, like no other", "leech-2", "stranger"},
		{"a tracker cannot pause", "who: [leech]}", "who: [tracker]}"},
		{"unknown tracker", "do: pause, who: [leech]", "do: tracker-down, who: [trakcer]"},
		{"unknown manner", more, "\ntrackers: [{manner: ruder}]" + more},
		{"unknown NAT", "kind: seed", "kind: seed, nat: home"},
		{"unknown kind of NAT", more, "\nnats: [{name: n, kind: symetric}]" + more},
		{"unknown filesystem", "kind: seed", "kind: seed, filesystem: ext4"},
		{"unknown kind of message", "do: pause, who: [leech]", "do: meddle, who: [leech], with: [seed], message: {kind: unchok, fate: drop}"},
		{"unknown fate", "do: pause, who: [leech]", "do: meddle, who: [leech], with: [seed], message: {fate: dropped}"},
		{"unknown kind of fault", "do: pause, who: [leech]", "do: disk-fault, who: [leech], disk: {kind: rotten}"},
		{"unknown errno", "do: pause, who: [leech]", "do: disk-fault, who: [leech], disk: {kind: fail, errno: ENOSPCE}"},
		{"unknown operation", "do: pause, who: [leech]", "do: disk-fault, who: [leech], disk: {kind: fail, ops: [write, synch]}"},
		{"unknown way to refuse", "do: pause, who: [leech]", "do: refuse, who: [leech], incoming: {how: half}"},
		{"unknown news", "check: complete", "check: news\n    reason: disk-full"},
		{"name taken", "name: leech", "name: seed"},
		{"no torrent", "size: 100000", "size: 0"},
		{"nobody", "who: [leech]}", "who: []}"},
		{"pieces that are not there", "kind: leech", "kind: leech, has: 0-7"},
		{"no such file", "check: complete", "check: file\n    file: x"},
		{"trackers and none", "actors:", "trackerless: true\ntrackers: [{}]\nactors:"},
		{"after the end", "10s", "11m"},
		{"a link without need", "who: [leech]}", "who: [leech], link: {up: 1Mbit}}"},
		{"a link that is needed", "do: pause", "do: link"},
		{"wrong behind an alias", "{up: 2Mbit}}", "&l {up: 2Mbit}}\n  - {name: x, kind: leech, link: *l, has: 8}"},
		{"merged into itself", "{name: seed, kind: seed}", "&a {<<: *a}"},
		{"in itself", "[leech]", "&a [*a]"},
		{"wrong beside what is merged", "{up: 2Mbit}}", "{up: 2Mbit}}\n  - {<<: &b {name: x, kind: leech}, has: 8}"},
	}
	var got strings.Builder
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
		fmt.Fprintf(&got, "%s:\n\t%s\n", tt.name, err)
	}
	const golden = "testdata/errors.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s (-want +got); -update writes it anew:\n%s", golden, diff)
	}
}

// TestParseShared: an anchor and a merge key save an author repetition.
func TestParseShared(t *testing.T) {
	plain := strings.Replace(validYAML, "kind: seed}", "kind: seed, link: {up: 2Mbit}}", 1)
	shared := strings.Replace(validYAML, "{name: seed, kind: seed}", "{name: seed, kind: seed, link: &l {up: 2Mbit}}", 1)
	shared = strings.Replace(shared, "kind: leech, count: 2, link: {up: 2Mbit}}", "<<: {kind: leech, count: 2}, link: *l}", 1)
	want, err := Parse([]byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse([]byte(shared))
	if err != nil {
		t.Fatalf("%v\n%s", err, shared)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-plain +shared:\n%s", diff)
	}
}

// FuzzParse: whatever is in a file, Parse says yes or where not; and what it takes
// comes back from Encode.
func FuzzParse(f *testing.F) {
	f.Add([]byte(validYAML))
	f.Add([]byte("torrent: &t {<<: *t}"))
	f.Add([]byte("actors: &a [*a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Parse(text)
		if err != nil {
			var place *posError
			if !errors.As(err, &place) {
				t.Fatalf("no place: %v", err)
			}
			return
		}
		again, err := Encode(s)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Parse(again)
		if diff := cmp.Diff(s, back, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Fatalf("%v\n%s\n%s", err, diff, again)
		}
	})
}

// TestRoundTripOfEveryField: no field is lost on its way through a file, whatever
// the catalogue makes use of.
func TestRoundTripOfEveryField(t *testing.T) {
	var s, back Scenario
	n := 0
	fill(reflect.ValueOf(&s).Elem(), &n)
	text, err := Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&back); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if diff := cmp.Diff(s, back); diff != "" {
		t.Errorf("-before +after:\n%s\n%s", diff, text)
	}
}

// fill gives everything in v a value of its own.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d: #%d", *n, *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint64:
		v.SetUint(math.MaxUint64)
	default:
		v.SetInt(int64(*n))
	}
}
