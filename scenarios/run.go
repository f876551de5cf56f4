package scenarios

import (
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"runtime/debug"
	"time"

	"bt/client"
	"bt/simnet"
	"bt/simnet/pcap"
)

// Options change what is seen of a run, or how far it goes, and nothing else.
type Options struct {
	// Trace, unless nil, is written a line for every event.
	Trace io.Writer

	// Capture, unless nil, has the packets of the run written to a file.
	Capture *Capture

	// Observer, unless nil, is told what happens, in the terms of the protocol.
	Observer Observer

	// Cover asks for the Coverage of the run.
	Cover bool

	// Stop, unless nil, is asked about each failure as it happens; the first one of
	// which it says so is the last: the run ends there, without a word to anybody.
	Stop func(Failure) bool

	// MostEvents breaks off a run that has more, with Err: it may have no end. 0: there
	// is no bound.
	MostEvents uint64

	// onClient, unless nil, sees every client before its first turn. Tests
	// plant bugs with it.
	onClient func(name string, c *client.Client)

	// record, unless nil, says where the run of a client's process is recorded; nil:
	// nowhere.
	record func(name string) io.Writer

	// disturb, unless nil, is called when the run is prepared and has not begun.
	// A Sweep makes its trouble with it.
	disturb func(r *run)
}

// Result is what came of a run.
type Result struct {
	Name     string
	Seed     uint64
	Failures []Failure // of expectations and oracles, in the order they happened
	Err      error     // why the run was broken off: a spin, or a panic
	Stack    string    // of the panic; it is not the same twice
	SimTime  time.Duration
	Events   uint64
	Hash     uint64 // of all that happened

	Met      []int     // expectations with Sometimes that held in this run, by their index
	Coverage *Coverage // nil unless Options.Cover asks for it
}

// Pass says whether the run came to its end and nothing failed.
func (r *Result) Pass() bool { return r.Err == nil && len(r.Failures) == 0 }

// Failure is an expectation or an oracle that was not satisfied.
type Failure struct {
	At     time.Duration // since the start of the run
	Rule   string        // the check or the oracle
	Node   string        // "" if it is nobody's in particular
	Detail string
}

func (f Failure) String() string {
	node := f.Node
	if node == "" {
		node = "swarm"
	}
	return fmt.Sprintf("%s at %v on %s: %s", f.Rule, f.At, node, f.Detail)
}

const (
	// failuresMax ends a run: the first ones tell the story.
	failuresMax = 20

	// closeMax is how long clients may take to close at the end: trackers that
	// do not answer are given up after seconds, a busy disk takes longer.
	closeMax = 2 * time.Minute

	// settleTime lets what is on its way after the last client has closed come
	// to rest.
	settleTime = time.Minute
)

// run is one run under way.
type run struct {
	scenario *Scenario
	opt      Options
	net      *simnet.Internet
	truth    *truth
	stations []*station
	hosts    []*simnet.Host    // of actors
	actors   map[string]*Actor // by the name of their host
	nodes    []*node
	hostiles map[string]*hostile
	oracles  *oracles

	watches   []*watch
	noticers  []noticer
	waiting   int           // checks and actions that want the run to go on
	over      bool          // the time is up
	ended     time.Duration // when the last client had closed
	failures  []Failure
	meddlers  []meddler
	overheard []way
	formerly  map[netip.Addr]*simnet.Host // who had an address before it moved
	moves     int                         // how often somebody has
	nats      map[string]*simnet.NAT
	capture   *pcap.Capture // nil: none
	marker    *marker       // nil: nobody asks for marks
	met       []int         // as of Result

	// between, unless nil, is called before every event until the run is over,
	// with the number of events that have been.
	between func(event uint64)

	stopped bool  // by Options.Stop
	broken  error // why it was broken off, but for what the internet knows itself
}

// DefaultSeed is the seed to run a scenario with when none is asked for.
func (s *Scenario) DefaultSeed() uint64 {
	if s.Seed == 0 {
		return 1
	}
	return s.Seed
}

// Run runs a scenario, which must be valid. The Result follows from scenario
// and seed alone, and Run keeps no state: many may go at the same time.
func Run(s Scenario, seed uint64, opt Options) (result Result) {
	r := &run{scenario: &s, opt: opt, net: simnet.New(seed), hostiles: make(map[string]*hostile)}
	defer func() {
		result = Result{
			Name: s.Name, Seed: seed, Failures: r.failures, Err: cmp.Or(r.net.Err(), r.broken),
			SimTime: r.ended, Events: r.net.Events(), Hash: r.net.Hash(),
			Met: r.met, Coverage: r.marker.coverage(),
		}
		if p := recover(); p != nil {
			result.Err, result.Stack = fmt.Errorf("panic: %v", p), string(debug.Stack())
		}
		r.endCapture()
		r.endScripts()
	}()
	if err := r.prepare(seed); err != nil {
		r.fail("", "prepare", "%v", err)
		return
	}
	if opt.disturb != nil {
		opt.disturb(r)
	}
	r.play()
	if r.stopped || r.broken != nil {
		r.ended = r.now()
		return
	}
	r.finish()
	return
}

func (r *run) prepare(seed uint64) (err error) {
	if err = r.scenario.Validate(); err != nil {
		return err
	}
	if r.truth, err = newTruth(r.scenario, seed); err != nil {
		return err
	}
	r.observe()
	r.oracles = newOracles(r.net, r.truth, func(v Violation) {
		r.addFailure(Failure{v.At, "oracle " + v.Oracle, v.Node, v.Detail})
	})
	r.addTrackers()
	if err = r.addActors(); err != nil {
		return err
	}
	if err = r.beginCapture(seed); err != nil {
		return err
	}
	r.beginObserver(seed)
	r.beginMarks()
	r.addChecks()
	for i := range r.scenario.Actions {
		a := &r.scenario.Actions[i]
		if a.Do == DoMeddle {
			r.overhear(r.hostsOf(a.Who), r.hostsOf(a.With))
		}
		r.plan(a)
	}
	r.at(r.scenario.until(), func() { r.over = true })
	return nil
}

// at lets fn happen at a time of the run, on behalf of nobody.
func (r *run) at(at Duration, fn func()) { r.net.At(at.std()-r.now(), fn) }

// play lets the swarm do what it does until nothing is waited for any more.
func (r *run) play() {
	r.net.RunWhile(func() bool {
		if r.between != nil {
			r.between(r.net.Events())
		}
		return r.waiting > 0 && !r.over && len(r.failures) < failuresMax && r.mayGoOn()
	})
}

// mayGoOn says that Options let the run go on.
func (r *run) mayGoOn() bool {
	if most := r.opt.MostEvents; most > 0 && r.net.Events() > most && r.broken == nil {
		r.broken = fmt.Errorf("more than %d events", most)
	}
	return !r.stopped && r.broken == nil
}

// finish asks the checks for their verdict, closes the clients that are left,
// and asks the oracles whether anything stays behind.
func (r *run) finish() {
	for _, w := range r.watches {
		w.check.finish()
	}
	for _, n := range r.nodes {
		n.leave()
	}
	limit := r.net.Now().Add(closeMax)
	r.net.RunWhile(func() bool { return r.closing() && r.net.Now().Before(limit) })
	for _, n := range r.nodes {
		if n.running() {
			r.fail(n.name, "close", "the client has not closed within %v", closeMax)
		}
	}
	r.ended = r.now()
	if r.net.Err() == nil {
		r.net.RunUntil(r.net.Now().Add(settleTime))
	}
	for _, w := range r.watches {
		if c, ok := w.check.(closer); ok {
			c.closed()
		}
	}
	r.oracles.finish()
	r.noteMet()
	r.endScripts()
}

// noteMet notes which expectations with Sometimes have held. A run that was broken
// off does not come to it.
func (r *run) noteMet() {
	for i, w := range r.watches {
		if w.expect.Sometimes && !w.missed {
			r.met = append(r.met, i)
		}
	}
}

// endScripts stops the scripts of hostile peers, which would wait for ever.
func (r *run) endScripts() {
	// order: none, as no script does anything any more
	for _, h := range r.hostiles {
		h.end()
	}
}

func (r *run) closing() bool {
	for _, n := range r.nodes {
		if n.running() {
			return true
		}
	}
	return false
}

func (r *run) fail(node, rule, format string, args ...any) {
	r.addFailure(Failure{r.now(), rule, node, fmt.Sprintf(format, args...)})
}

func (r *run) addFailure(f Failure) {
	if len(r.failures) < failuresMax {
		r.failures = append(r.failures, f)
		r.traceLine(f.Node, "FAIL %v", f)
		r.captureFailure(f)
		r.tellFailure(f)
		r.stopped = r.stopped || r.opt.Stop != nil && r.opt.Stop(f)
	}
}
