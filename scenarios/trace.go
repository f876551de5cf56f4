package scenarios

import (
	"fmt"
	"strings"
	"time"

	"bt/client"
	"bt/simnet"
)

// TraceFormat describes what Options.Trace is written. Programs may rely on it:
// what is there keeps its place and meaning, and only words and fields are added.
const TraceFormat = `A trace is text, a line for every event of a run, in the order in which they happen:

    TIME HOST WHAT

TIME is simulated, since the start of the run, as 1m2.5s or 0s, right-aligned to
15 columns. HOST is the name of an actor or a tracker, or - for the swarm. Neither
holds a space. WHAT begins with a word that says what kind of event it is:

    callback  work  fetch  readable  closed  received  packet in  uplink  arrive
    downlink  dial timeout  stall  resume  keepalive  rate  sent  opened  accept
    datagram
        An event of the simulated internet, as it begins. "stream N" follows if it
        is about a connection, which has the same number at both ends, then
        "N bytes" if it is about some.

    notice KIND {FIELD:VALUE ...}
        A client has told its user some news, with the names of package client.

    action VERB [WHO ...] [WITH ...]
        The scenario does something to the swarm. "is over" follows when that is
        undone.

    FAIL RULE at TIME on NODE: DETAIL
        An expectation or an oracle was not satisfied; NODE is "swarm" if it is
        nobody's fault in particular.

A line that begins with # is not an event: "# NAME, seed N" comes before a run, and
"# hash HEX" after it, the hash of all that happened. Line breaks within texts are
written as \n. The same scenario and seed give the same trace, byte for byte.
`

// observe writes the trace, if one is wanted. It only looks: the run is the
// same without it.
func (r *run) observe() {
	if r.opt.Trace == nil {
		return
	}
	r.net.SetTrace(func(e simnet.TraceEvent) {
		line := e.Kind.String()
		if e.Stream != 0 {
			line += fmt.Sprintf(" stream %d", e.Stream)
		}
		if e.Len != 0 {
			line += fmt.Sprintf(" %d bytes", e.Len)
		}
		r.traceLine(e.Host, "%s", line)
	})
}

// lineBreaks are written out: trackers and files may have them in their words.
var lineBreaks = strings.NewReplacer("\n", `\n`, "\r", `\r`)

// traceLine writes what happens now on a host, or to the swarm.
func (r *run) traceLine(host, format string, args ...any) {
	if r.opt.Trace == nil {
		return
	}
	if host == "" {
		host = "-"
	}
	// An observer that cannot write must not stop what it observes; whoever
	// opened the file learns of it when closing.
	fmt.Fprintf(r.opt.Trace, "%15v %s %s\n", r.now().Round(time.Nanosecond), host, lineBreaks.Replace(fmt.Sprintf(format, args...)))
}

// described writes a notice when it is printed, which most are not.
type described struct{ client.Notice }

func (d described) String() string { return describe(d.Notice) }

// describe writes a notice for people: its kind, and its fields by name.
func describe(x client.Notice) string {
	kind := fmt.Sprintf("%T", x)
	return fmt.Sprintf("%s %+v", kind[strings.LastIndex(kind, ".")+1:], x)
}
