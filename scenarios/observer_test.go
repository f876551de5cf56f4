package scenarios

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// notebook writes down what it is told, but for bytes.
type notebook struct {
	stage Stage
	lines []string
}

func (n *notebook) Begin(s Stage) { n.stage = s }

func (n *notebook) Observe(o Observation) {
	if o.Kind != ObservedBytes {
		n.lines = append(n.lines, fmt.Sprintf("%d %s %s %s %d %t", o.Kind, o.Host, o.Peer, o.Name, o.Piece, o.Dialer))
	}
}

// TestObserver: an observer is told who is there, each message when it is sent and
// when it is received, what the disk does, and what clients tell; and the trace of
// the run is the same, line by line.
func TestObserver(t *testing.T) {
	var plain, observed bytes.Buffer
	var n notebook
	mustPass(t, WriteTrace(tiny(), 1, Options{}, &plain))
	mustPass(t, WriteTrace(tiny(), 1, Options{Observer: &n}, &observed))
	if d, err := Diff(&plain, &observed, 3); d != nil || err != nil {
		t.Errorf("observed, the trace is another one: %+v, %v", d, err)
	}

	var cast []string
	for _, r := range n.stage.Cast {
		cast = append(cast, r.Name+" "+r.Kind)
	}
	if want := []string{"tracker tracker", "seed seed", "leech leech"}; !slices.Equal(cast, want) || n.stage.Pieces != 1 || n.stage.Size != int64(10*KiB) {
		t.Errorf("%+v, want %v and one piece of 10 KiB", n.stage, want)
	}

	dialled := slices.Contains(n.lines, fmt.Sprintf("%d leech seed  -1 true", ObservedOpen))
	line := func(kind ObservedKind, host, peer, name string, piece int) string {
		return fmt.Sprintf("%d %s %s %s %d %t", kind, host, peer, name, piece, peer != "" && dialled == (host == "leech"))
	}
	story := []string{
		line(ObservedLife, "seed", "", "starts", -1),
		line(ObservedLife, "leech", "", "starts", -1),
		line(ObservedSent, "leech", "seed", "interested", -1),
		line(ObservedReceived, "seed", "leech", "interested", -1),
		line(ObservedSent, "leech", "seed", "request", 0),
		line(ObservedReceived, "seed", "leech", "request", 0),
		line(ObservedSent, "seed", "leech", "piece", 0),
		line(ObservedDisk, "seed", "", "read", 0), // news come at the end of a turn
		line(ObservedReceived, "leech", "seed", "piece", 0),
		line(ObservedDisk, "leech", "", "write", 0),
		line(ObservedNotice, "leech", "", "PieceVerified", 0),
		line(ObservedAction, "", "", "pause", -1),
		line(ObservedLife, "leech", "", "closed", -1),
	}
	rest := n.lines
	for _, want := range story {
		i := slices.Index(rest, want)
		if i < 0 {
			t.Fatalf("%q is missing, or too early, in\n%s", want, strings.Join(n.lines, "\n"))
		}
		rest = rest[i+1:]
	}
	for _, l := range n.lines {
		if strings.Contains(l, "tracker") && (strings.HasPrefix(l, fmt.Sprint(ObservedSent)) || strings.HasPrefix(l, fmt.Sprint(ObservedReceived))) {
			t.Errorf("the tracker speaks the peer protocol: %s", l)
		}
	}
}
