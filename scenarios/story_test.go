package scenarios

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"bt/client/metainfo"
	"bt/client/resume"
	"bt/simnet"
)

// story is testdata/story.yaml.
type story struct {
	Name  string
	Seed  uint64
	Piece Size
	Files []File
	Legs  []leg
}

// leg is one life of the downloading process.
type leg struct {
	About  string
	Select []int  // files, counted from 1
	Source string // pieces that its only peer has; "": all
}

// legTime is enough for a leg, and for noting down what came of it.
const legTime = 2 * Minute

// TestStory plays the story on simulated disks, with all oracles on, and compares
// what is on disk after each leg with what it should be. cmd/bt does the same on
// a real disk.
func TestStory(t *testing.T) {
	raw, err := os.ReadFile("testdata/story.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var st story
	if err := yaml.Unmarshal(raw, &st); err != nil {
		t.Fatal(err)
	}
	s := st.scenario()
	r := &run{scenario: &s, net: simnet.New(st.Seed), hostiles: make(map[string]*hostile)}
	if err := r.prepare(st.Seed); err != nil {
		t.Fatal(err)
	}
	us, got := r.nodes[0], fmt.Sprintf("info-hash %v\n", r.truth.meta.InfoHash)
	for i := range st.Legs {
		r.net.RunUntil(simnet.Epoch.Add(time.Duration(i+1)*legTime.std() - 1))
		got += fmt.Sprintf("leg %d: %s\n%s", i+1, st.Legs[i].About, us.tree(t))
		if i+1 < len(st.Legs) {
			us.priorities = st.priorities(i + 1)
			us.restart()
		}
	}
	r.finish()
	for _, f := range r.failures {
		t.Error(f)
	}
	golden(t, "testdata/story.golden", []byte(got))
}

// golden compares with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what came of the story; go test ./scenarios -run TestStory -update writes it anew. Got:\n%s", name, got)
	}
}

// scenario has the downloader, which lives through all legs, and a source for
// each, which lives for one.
func (st *story) scenario() Scenario {
	s := Scenario{
		Name: st.Name, Seed: st.Seed, Trackerless: true, Until: Duration(len(st.Legs)+1) * legTime,
		Torrent: Torrent{Piece: st.Piece, Files: st.Files},
		Actors:  []Actor{{Name: "us", Kind: Leech, Resume: true, Priorities: st.priorities(0)}},
		Expect:  []Expectation{{Check: "complete", Who: []string{"us"}}, {Check: "part", Who: []string{"us"}, Count: 0}},
	}
	for i, l := range st.Legs {
		source := Actor{Name: fmt.Sprintf("source-%d", i+1), Kind: Leech, Has: l.Source, Start: Duration(i) * legTime, Knows: []string{"us"}}
		if l.Source == "" {
			source.Kind = Seed
		}
		s.Actors = append(s.Actors, source)
		s.Actions = append(s.Actions, Action{At: Duration(i+1) * legTime, Do: DoKill, Who: []string{source.Name}})
	}
	return s
}

// priorities are those of the files in a leg.
func (st *story) priorities(leg int) []int {
	prios := make([]int, len(st.Files))
	for _, n := range st.Legs[leg].Select {
		prios[n-1] = 1
	}
	return prios
}

// tree describes the disk: directories, files with size and digest, the part file
// and its index among them, what these hold, and which pieces the piece cache
// claims. Slots of the part file are taken in the order in which pieces come; as
// no leg brings more than one piece there, that is always the same.
func (n *node) tree(t *testing.T) string {
	t.Helper()
	var lines []string
	below := func(name string) string { return strings.TrimPrefix(name, downloadDir+"/") }
	for _, dir := range n.fs.Dirs() {
		if strings.HasPrefix(dir, downloadDir+"/") {
			lines = append(lines, fmt.Sprintf("  dir   %s", below(dir)))
		}
	}
	var part, index []byte
	for _, f := range n.fs.Files() {
		b, err := n.fs.ReadFile(f.Path)
		switch {
		case err != nil:
			t.Fatal(err)
		case path.Dir(f.Path) == stateDir:
			continue
		case strings.HasSuffix(f.Path, partSuffix):
			part = b
		case strings.HasSuffix(f.Path, partSuffix+".index"):
			index = b
		}
		lines = append(lines, fmt.Sprintf("  file  %s %d %x", below(f.Path), f.Size, sha256.Sum256(b)))
	}
	lines = append(lines, shareLines(&n.run.truth.meta.Info, part, index)...)
	slices.Sort(lines)
	state, err := resume.Decode(n.loadState())
	if err != nil {
		t.Fatal(err)
	}
	claims := ""
	for p := state.Pieces.Next(0); p >= 0; p = state.Pieces.Next(p + 1) {
		claims += fmt.Sprintf(" %d", p)
	}
	return strings.Join(lines, "\n") + "\n  had  " + claims + "\n"
}

// shareLines lists what the index of a part file speaks of; its documentation is
// in client/storage.
func shareLines(info *metainfo.Info, part, index []byte) (lines []string) {
	if index == nil {
		return nil
	}
	for e := index[partFixed : len(index)-sha256.Size]; len(e) >= partShareSize; e = e[partShareSize:] {
		slot, piece, file := int64(binary.BigEndian.Uint32(e)), int64(binary.BigEndian.Uint32(e[4:])), binary.BigEndian.Uint32(e[8:])
		off, n := int64(binary.BigEndian.Uint64(e[12:])), int64(binary.BigEndian.Uint64(e[20:]))
		at := (slot-piece)*info.PieceLength + info.Files[file].Offset + off
		lines = append(lines, fmt.Sprintf("  share %02d of file %d: %d bytes from %d %x", piece, file+1, n, off, sha256.Sum256(part[at:at+n])))
	}
	return lines
}
