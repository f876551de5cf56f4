package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"bt/client"
)

// Tell says in plain words, a sentence each and most of them at most, what led to a
// failure of a rule on a node, and nil if there was none: what the scenario did, the
// chain of causes, each the answer to "why?" of the next, and what went wrong. It is to
// be called once the run is over.
func (c *Collector) Tell(rule, node string, most int) []string {
	i := slices.IndexFunc(c.faults, func(f fault) bool { return f.rule == rule && f.node == c.index(node) })
	if i < 0 {
		return nil
	}
	f := &c.faults[i]
	most-- // for who is there
	steps := c.steps(f)
	for e, n := f.suspect, 0; e != nil && n < chainMax; e, n = e.cause, n+1 {
		steps = append(steps, step{e.at, e.seq, c.sentence(e)})
	}
	if len(steps) < most-1 { // the chain is short: the beginning of a client, or a time-out
		steps = c.fill(f, steps, most-1)
	}
	slices.SortStableFunc(steps, step.compare)
	var list []string
	for _, s := range slices.CompactFunc(steps, func(a, b step) bool { return a.text == b.text }) {
		list = append(list, s.text)
	}
	if room := most - 1; len(list) > room {
		// The first steps say how it began, the last ones how it ended.
		left := len(list) - room + 1
		list = slices.Replace(list, room/3, room/3+left, fmt.Sprintf("(%d steps are left out here.)", left))
	}
	who := "Nobody in particular is to blame"
	if node != "" {
		who = node + " breaks a rule"
	}
	list = append(list, fmt.Sprintf("At %v %s: %s: %s.", moment(f.at), who, f.rule, f.detail))
	return slices.Insert(list, 0, c.cast())
}

// cast says who is there.
func (c *Collector) cast() string {
	var names []string
	for _, n := range c.nodes {
		names = append(names, fmt.Sprintf("%s (%s)", n.role.Name, n.role.Kind))
	}
	if len(names) > castMax {
		names = append(names[:castMax], fmt.Sprintf("%d more", len(c.nodes)-castMax))
	}
	pieces := "1 piece"
	if c.stage.Pieces != 1 {
		pieces = fmt.Sprintf("%d pieces", c.stage.Pieces)
	}
	return fmt.Sprintf("There are %s; the torrent has %s.", strings.Join(names, ", "), pieces)
}

// castMax is how many hosts are worth naming.
const castMax = 8

// step is one sentence of what happened. Those of the scenario have no number in the
// log, and come before what happened at the same time.
type step struct {
	at   int64
	seq  int
	text string
}

func (s step) compare(t step) int {
	if s.at != t.at {
		return int(s.at - t.at)
	}
	return s.seq - t.seq
}

// steps are what the scenario has done before a failure: whatever is in a minimal
// scenario has a part in it.
func (c *Collector) steps(f *fault) (list []step) {
	for _, b := range c.bands {
		if b.From > f.at {
			continue
		}
		text := fmt.Sprintf("At %v the scenario does %s", moment(b.From), b.Name)
		if b.Who != "" {
			text += " to " + b.Who
		}
		if b.To != never {
			text += fmt.Sprintf(", until %v", moment(b.To))
		}
		list = append(list, step{at: b.From, text: text + "."})
	}
	return list
}

// fill adds what came last before a failure, on the same connection or about the same
// piece, but for what belongs to the ordinary course of a transfer.
func (c *Collector) fill(f *fault, steps []step, most int) []step {
	for _, e := range slices.Backward(f.causes) {
		ordinary := classOf(e.kind) == "blocks" || strings.HasPrefix(e.kind, "disk ") || strings.HasPrefix(e.kind, "action ")
		if len(steps) < most && !ordinary && !slices.ContainsFunc(steps, func(s step) bool { return s.seq == e.seq }) {
			steps = append(steps, step{e.at, e.seq, c.sentence(e)})
		}
	}
	return steps
}

// sentence tells an entry of the log.
func (c *Collector) sentence(e *entry) string {
	text := fmt.Sprintf("At %v %s", moment(e.at), c.words(e))
	switch {
	case !isMessage(e) || e.arrived == e.at:
	case e.arrived == never:
		text += ", which never arrives"
	default:
		text += fmt.Sprintf(", which arrives at %v", moment(e.arrived))
	}
	return text + "."
}

// isMessage says that an entry was sent by one peer to another.
func isMessage(e *entry) bool {
	return e.stream != 0 && e.kind != "connected" && e.kind != "disconnected"
}

// words say who did what.
func (c *Collector) words(e *entry) string {
	who, peer := c.name(e.node), c.name(e.peer)
	if what, ok := strings.CutPrefix(e.kind, "process "); ok {
		return fmt.Sprintf("the client of %s %s", who, map[string]string{"starts": "starts", "closed": "has closed", "killed": "is killed"}[what])
	}
	if what, ok := strings.CutPrefix(e.kind, "disk "); ok {
		if e.piece != client.NoPiece {
			what += " " + whichPiece(e)
		}
		return fmt.Sprintf("the disk of %s has done: %s%s", who, what, because(e.text))
	}
	switch e.kind { // connections, then news, by the names of package client
	case "connected":
		return fmt.Sprintf("%s connects to %s", who, peer)
	case "disconnected":
		return fmt.Sprintf("%s hears that the connection with %s has ended%s", who, peer, because(e.text))
	case "PieceVerified":
		return fmt.Sprintf("%s takes piece %d for right", who, e.piece)
	case "PieceFailed":
		return fmt.Sprintf("%s finds piece %d wrong", who, e.piece)
	case "HashcheckDone":
		return who + " has looked at what is on its disk"
	case "Completed":
		return who + " is complete"
	case "Checkpointed":
		return who + " notes down what it has"
	case "StateChanged":
		return who + " is " + e.text
	case "PeerConnected":
		return fmt.Sprintf("%s has been greeted by %s", who, peer)
	case "PeerDisconnected":
		return fmt.Sprintf("%s is done with %s%s", who, peer, because(strings.TrimSuffix(e.text, ": ")))
	}
	if isMessage(e) {
		return fmt.Sprintf("%s %s", who, c.saying(e, peer))
	}
	return strings.TrimSpace(fmt.Sprintf("%s tells %s %s", who, e.kind, strings.Replace(e.text, "Torrent:1 ", "", 1)))
}

// sayings are what it means to send a message: PEER is whom it is sent to, WHAT what it is about.
var sayings = map[string]string{
	"handshake":      "greets PEER",
	"choke":          "chokes PEER",
	"unchoke":        "unchokes PEER",
	"interested":     "tells PEER that it is interested",
	"not interested": "tells PEER that it is not interested any more",
	"have":           "tells PEER that it has WHAT",
	"have all":       "tells PEER that it has everything",
	"have none":      "tells PEER that it has nothing",
	"bitfield":       "tells PEER what it has",
	"request":        "asks PEER for WHAT",
	"piece":          "sends PEER WHAT",
	"cancel":         "tells PEER that it does not want WHAT any more",
	"reject":         "tells PEER that it will not get WHAT",
	"suggest":        "suggests WHAT to PEER",
	"allowed fast":   "allows PEER to ask for WHAT even while choked",
	"keep-alive":     "tells PEER that it is still there",
}

func (c *Collector) saying(e *entry, peer string) string {
	if format, ok := sayings[e.kind]; ok {
		return strings.NewReplacer("PEER", peer, "WHAT", whichPiece(e)).Replace(format)
	}
	return fmt.Sprintf("sends %s a message of the kind %s", peer, e.kind)
}

// whichPiece says what part of which piece an entry is about.
func whichPiece(e *entry) string {
	if e.length == 0 {
		return fmt.Sprintf("piece %d", e.piece)
	}
	return fmt.Sprintf("piece %d, %d bytes from %d", e.piece, e.length, e.begin)
}

func because(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}

func (c *Collector) name(i int) string {
	if i < 0 {
		return "somebody"
	}
	return c.nodes[i].role.Name
}

// moment writes a time of the log.
func moment(us int64) time.Duration {
	d := time.Duration(us) * time.Microsecond
	if d > time.Second {
		return d.Round(time.Millisecond)
	}
	return d
}
