package scenarios

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// rows is what a client has to show before it is let loose on a real swarm. The
// letter says what it is about. A scenario whose About begins with a row, and a
// test whose name does, hold it.
var rows = map[string]string{
	"A01": "optimistic slots go round", "A02": "who gives most is served", "A03": "free riders get little",
	"A04": "a peer that stops giving loses its slot", "A05": "a seed is fair", "A06": "chokes that flap",
	"A07": "slots: none, endless, changed", "A09": "upload limits",
	"B01": "one seed, one leech", "B02": "endgame", "B04": "choked with requests outstanding", "B05": "the same with BEP 6",
	"B06": "a peer that never answers", "B07": "wrong answers", "B08": "requests for what is not there",
	"B09": "rarest first", "B12": "a block comes twice", "B13": "pause and resume", "B14": "as many requests as a peer takes",
	"C01": "allowed-fast sets", "C02": "many pieces", "C03": "contradictions about what a peer has", "C04": "suggestions",
	"C05": "handshakes: slow, wrong, half", "C06": "peers without BEP 6", "C07": "oneself, the same peer twice, simultaneous opens",
	"D01": "power loss at every operation of the disk", "D02": "crashes, and what is believed afterwards",
	"D03": "files that others have changed", "D04": "hash checks while downloading and seeding", "D06": "a disk slower than the network",
	"D08": "seed mode", "D09": "moving storage", "D10": "two torrents, one file",
	"E01": "an unwanted file between wanted ones", "E02": "an unwanted file of whole pieces", "E03": "priorities that change",
	"E05": "priorities at random", "E06": "padding, empty and many files", "E07": "removing torrents",
	"F01": "one poisoner among honest peers", "F02": "two who collude", "F03": "a single source that lies",
	"G01": "intervals", "G02": "events", "G03": "tiers", "G04": "trackers that misbehave", "G05": "trackers over UDP",
	"G06": "what trackers are told", "G07": "two families of addresses, and addresses that go", "G08": "lists of peers that are none",
	"G09": "private torrents",
	"H01": "each reason to disconnect", "H03": "when an address is tried again", "H04": "dead addresses", "H05": "idle peers",
	"H06": "seeds meet", "H07": "closing in every state", "H08": "the address filter changes",
	"I01": "one operation of the disk fails", "I02": "a full disk", "I03": "a failed sync", "I04": "a disk that stands still",
	"I06": "files changed behind our back", "I07": "few file handles", "I08": "names on other systems", "I09": "limits of filesystems",
	"J01": "hosts clogged and restored at random", "J03": "resets within and between messages", "J05": "datagrams get lost",
	"J06": "NATs", "J07": "addresses, sleep and clocks change", "J08": "names: absent, late, changing", "J10": "bytes damaged on the way",
	"K01": "a flash crowd",
	"O01": "the same seed gives the same run", "O02": "what is off changes nothing", "O04": "settings change all the time",
	"O05": "memory runs out", "O06": "closing at every event",
}

var rowName = regexp.MustCompile(`^(Test)?([A-KO][0-9]{2})`)

// TestRows holds CATALOGUE.md against what there is: no row without a scenario or
// a test, none that is not listed. With -update it is written anew.
func TestRows(t *testing.T) {
	held := make(map[string][]string)
	hold := func(name, by string) {
		if m := rowName.FindStringSubmatch(name); m != nil {
			if rows[m[2]] == "" {
				t.Errorf("%s holds %s, which is no row", by, m[2])
			}
			held[m[2]] = append(held[m[2]], "`"+by+"`")
		}
	}
	for _, s := range Builtin() {
		hold(s.About, s.Name)
	}
	for _, name := range testNames(t) {
		hold(name, name)
	}
	var b strings.Builder
	b.WriteString("# What a swarm can come to\n\n" +
		"Each row is a kind of trouble, and the scenarios and tests that show how a client gets through it.\n" +
		"`btsim show NAME` prints a scenario, `btsim run NAME` plays it, `go test ./scenarios -run NAME` runs a test.\n" +
		"All oracles of [ARCHITECTURE.md](../ARCHITECTURE.md) watch all of them.\n\n" +
		"| row | what happens | held by |\n|---|---|---|\n")
	for _, row := range slices.Sorted(maps.Keys(rows)) {
		if len(held[row]) == 0 {
			t.Errorf("nothing holds %s, %s", row, rows[row])
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", row, rows[row], strings.Join(held[row], ", "))
	}
	const file = "CATALOGUE.md"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if was, err := os.ReadFile(file); err != nil || string(was) != b.String() {
		t.Errorf("%s is out of date (%v); go test ./scenarios -run TestRows -update writes it anew", file, err)
	}
}

// testNames lists the tests of this package, sorted by file.
func testNames(t *testing.T) (names []string) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Test") {
				names = append(names, fn.Name.Name)
			}
		}
	}
	return names
}
