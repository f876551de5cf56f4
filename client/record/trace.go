package record

import (
	"fmt"
	"io"
	"net/netip"
	"time"

	"bt/client/boundary"
)

// Trace makes a Watch that writes a line for each event and each piece of news: the
// time since the start, who it is about, and what it is. Who is the address of a
// peer, or "-". Errors of out are not told: an observer that cannot write must not
// stop what it observes.
func Trace(out io.Writer) Watch {
	t := tracer{out: out, remotes: make(map[boundary.ConnID]netip.AddrPort)}
	return t.turn
}

type tracer struct {
	out     io.Writer
	start   time.Time
	remotes map[boundary.ConnID]netip.AddrPort
}

func (t *tracer) turn(turn *Turn, out *boundary.Effects) {
	if t.start.IsZero() {
		t.start = turn.Now
	}
	line := func(who string, x any) {
		fmt.Fprintf(t.out, "%15v %s %s\n", turn.Now.Sub(t.start), who, Describe(x))
	}
	for _, s := range turn.Steps {
		line(t.who(s.Event), s.Event)
		if e, ok := s.Event.(boundary.Closed); ok {
			delete(t.remotes, e.Conn)
		}
	}
	for _, n := range out.Notify {
		line("-", n)
	}
	for _, d := range out.Dial {
		t.remotes[d.Conn] = d.Addr
	}
}

// who is at the other end of the connection that an event is about.
func (t *tracer) who(e boundary.Event) string {
	var conn boundary.ConnID
	switch e := e.(type) {
	case boundary.Opened:
		t.remotes[e.Conn] = e.Remote
		conn = e.Conn
	case *boundary.Received:
		conn = e.Conn
	case boundary.Sent:
		conn = e.Conn
	case boundary.Closed:
		conn = e.Conn
	case boundary.BlockRead:
		conn = e.Conn
	case boundary.ReadsPaused:
		conn = e.Conn
	}
	if addr, ok := t.remotes[conn]; ok {
		return addr.String()
	}
	return "-"
}
