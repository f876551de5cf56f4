package scenarios

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"bt/client/wire"
)

// script is what a hostile peer does on one connection, from its beginning to
// its end, as straight-line code: what it waits for lets the simulated world go
// on. When it returns, the connection is closed; when the connection ends, so
// does the script, in the middle of whatever it waits for.
//
//	func(p *player) {
//		p.greet(fastHello)
//		p.claimAll()
//		p.expectInterested(5 * time.Second)
//		p.unchoke()
//		p.serve(p.expectRequest(time.Second), bad)
//		p.sleep(30 * time.Second)
//	}
//
// A script is a coroutine and no goroutine of its own: it runs only within an
// event of its host, so that a run stays the same.
type script func(p *player)

// cut is what a script panics with that is not to go on. Nobody sees it but the
// coroutine.
type cut struct{}

// begin runs the script to where it first waits.
func (p *player) begin() {
	p.plays = append(p.plays, p)
	p.next, p.stop = iter.Pull(func(yield func(struct{}) bool) {
		defer func() {
			if x := recover(); x != nil && x != (cut{}) {
				panic(x)
			}
		}()
		p.yield = yield
		p.script(p)
	})
	p.resume()
}

// resume lets the script go on to its next wait.
func (p *player) resume() {
	p.done = nil
	if _, more := p.next(); !more {
		p.end()
		p.stream.Close()
	}
}

// end stops the script where it is.
func (p *player) end() {
	if i := slices.Index(p.plays, p); i >= 0 {
		p.plays = slices.Delete(p.plays, i, i+1)
		p.stop()
	}
}

// wait lets the world go on until done is true, which is asked after every
// message and after the handshake, which is none, or until d has passed; 0 is as
// long as the connection lasts. It says whether done was true. nil never is.
func (p *player) wait(d time.Duration, done func(*frame) bool) bool {
	late := false
	if d > 0 {
		defer p.host.At(d, func() {
			late = true
			p.resume()
		})()
	}
	p.done = done
	if !p.yield(struct{}{}) {
		panic(cut{})
	}
	return !late
}

// notice lets the script go on if it waits for this message, or for what has
// come of it.
func (p *player) notice(f *frame) {
	if p.done != nil && p.done(f) {
		p.resume()
	}
}

// What a script waits for.

// sleep lets time pass. What is heard meanwhile shows in the state of the
// connection alone: who is choked, which requests are open.
func (p *player) sleep(d time.Duration) { p.wait(max(d, 1), nil) }

// rest says nothing more.
func (p *player) rest() { p.wait(0, nil) }

// stayKeepAlive is how often a peer that stays says that it is still there.
const stayKeepAlive = time.Minute

// stay says nothing more but that it is there.
func (p *player) stay() {
	for {
		p.sleep(stayKeepAlive)
		p.say(wire.KeepAlive)
	}
}

// hear waits for the next message of these kinds, or of any. It is valid until
// the next wait.
func (p *player) hear(kinds ...wire.Kind) (f frame) {
	p.wait(0, func(heard *frame) bool {
		if heard != nil {
			f = *heard
		}
		return heard != nil && (len(kinds) == 0 || slices.Contains(kinds, f.kind))
	})
	return f
}

// until waits until cond holds, which is asked after every message, for d at
// most. It says whether it does.
func (p *player) until(d time.Duration, cond func() bool) bool {
	return cond() || p.wait(d, func(*frame) bool { return cond() })
}

// expect is until for what must come: without it the script is over, and with it
// the connection.
func (p *player) expect(d time.Duration, what string, cond func() bool) {
	if !p.until(d, cond) {
		p.missed = append(p.missed, fmt.Sprintf("no %s within %v", what, d))
		panic(cut{})
	}
}

// expectInterested waits until the remote side is interested.
func (p *player) expectInterested(d time.Duration) {
	p.expect(d, "interest", func() bool { return p.interested })
}

// expectUnchoke waits until the remote side unchokes us.
func (p *player) expectUnchoke(d time.Duration) {
	p.expect(d, "unchoke", func() bool { return !p.unchoked.IsZero() })
}

// expectRequest waits for a request, or takes the oldest that is open.
func (p *player) expectRequest(d time.Duration) wire.Block {
	p.expect(d, "request", func() bool { return len(p.queue) > 0 })
	return p.dequeue(p.queue[0])
}

// requests gives the requests that are open and those that come within d, each
// once; 0 is as long as the connection lasts.
func (p *player) requests(d time.Duration) iter.Seq[wire.Block] {
	return func(yield func(wire.Block) bool) {
		for end := p.now().Add(d); d == 0 || p.now().Before(end); {
			left := time.Duration(0)
			if d > 0 {
				left = end.Sub(p.now())
			}
			if !p.until(left, func() bool { return len(p.queue) > 0 }) || !yield(p.dequeue(p.queue[0])) {
				return
			}
		}
	}
}

// hangUpTime is how long a peer that hangs up stays away.
const hangUpTime = time.Second

// hangUp ends the connection, and the script. The peer dials anew in a moment.
func (p *player) hangUp() {
	p.insists = true
	panic(cut{})
}
