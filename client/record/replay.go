package record

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"runtime/debug"
	"slices"
	"time"

	"bt/client/boundary"
	"bt/client/session"
)

// Result is what came of playing a recording again.
type Result struct {
	Header   Header
	Duration time.Duration // by the time of the core
	Turns    int           // that were played, as are
	Events   int
	Peers    int // handshakes that were accepted
	Pieces   int // that were downloaded and have passed their hash

	// End is nil if the recording has its end, ErrCut if it was cut off, or why no
	// more of it could be read.
	End error
	// Difference is the first turn whose effects were others, nil if there is
	// none. What follows it is not played.
	Difference *Difference
	// Panic is what the core has panicked with, nil if it has not; Stack where.
	Panic any
	Stack string
}

// Same says that all turns had the effects that they had when they were recorded.
func (r *Result) Same() bool { return r.Difference == nil && r.Panic == nil }

// Difference is a turn whose effects are not those that it had when it was
// recorded, or whose core wants to be woken at another time.
type Difference struct {
	Turn     Turn
	Before   Turn      // the turn before it, which was the same; Number 0: there is none
	Effects  []string  // now; those of then are in Turn, if they were recorded
	Deadline time.Time // at which the core wants to be woken now; zero: never
	Why      string    // and what for
}

// Watch sees a turn that was played, and its effects, which it may not keep. Of a
// turn in which the core has panicked these are the effects until then.
type Watch func(t *Turn, out *boundary.Effects)

// Replay plays a recording. watch, unless nil, is called after every turn. An
// error says that the recording could not be read at all; see NewReader.
func Replay(in io.Reader, watch Watch) (Result, error) {
	r, err := NewReader(in)
	if err != nil {
		return Result{}, err
	}
	p := player{result: Result{Header: r.Header()}, watch: watch, sum: newSum()}
	p.session = p.result.Header.session(p.allows)
	for p.result.Same() {
		t, err := r.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				p.result.End = err
			}
			break
		}
		p.play(t)
	}
	return p.result, nil
}

// player is a replay under way.
type player struct {
	result  Result
	watch   Watch
	session *session.Session
	effects boundary.Effects
	sum     sum
	refused []netip.Addr // while the event under way is handled
	before  Turn
}

func (p *player) allows(a netip.Addr) bool { return !slices.Contains(p.refused, a) }

// play handles the events of a turn, and compares what they lead to.
func (p *player) play(t Turn) {
	p.effects.Reset()
	p.handle(&t)
	p.result.Turns++
	p.result.Duration = t.Now.Sub(p.result.Header.Start)
	p.count()
	deadline, why := p.session.Deadline()
	if sum := p.sum.add(&p.effects, p.result.Header.Start, deadline); t.Whole && sum != t.sum && p.result.Panic == nil {
		p.result.Difference = &Difference{
			Turn: t, Before: p.before, Effects: DescribeEffects(&p.effects), Deadline: deadline, Why: why,
		}
	}
	if p.watch != nil {
		p.watch(&t, &p.effects)
	}
	p.before = t
}

// handle gives the events to the core, which may panic over them: maybe that is
// why there is a recording.
func (p *player) handle(t *Turn) {
	defer func() {
		if x := recover(); x != nil {
			p.result.Panic, p.result.Stack = x, string(debug.Stack())
		}
	}()
	for _, step := range t.Steps {
		p.refused = step.Refused
		p.result.Events++
		p.session.Handle(t.Now, step.Event, &p.effects)
	}
}

// count takes what the news of the turn say for the summary.
func (p *player) count() {
	for _, n := range p.effects.Notify {
		switch n := n.(type) {
		case boundary.PeerConnected:
			p.result.Peers++
		case boundary.PieceVerified:
			if n.Download {
				p.result.Pieces++
			}
		}
	}
}

// Summary says in a line what was played.
func (r *Result) Summary() string {
	return fmt.Sprintf("%v, %d turns, %d events, %d peers, %d pieces downloaded", r.Duration.Round(time.Millisecond), r.Turns, r.Events, r.Peers, r.Pieces)
}
