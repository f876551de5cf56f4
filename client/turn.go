package client

import (
	"context"
	"errors"
	"sync"
	"time"

	"bt/client/boundary"
	"bt/client/wire"
)

// Post adds an event to the inbox. It may be called from any goroutine.
func (c *Client) Post(e boundary.Event) { c.post(item{event: e}) }

func (c *Client) post(it item) {
	if c.inbox.put(it) && c.world.Wake != nil {
		c.world.Wake()
	}
}

// Turn handles all that has come, performs what that asks for, and tells the
// news. It returns when to come back if nothing comes before; the zero time
// means: not before something does. Turn is for one goroutine; nothing in it
// waits for network or disk.
func (c *Client) Turn() (next time.Time) {
	c.mu.Lock()
	defer c.recorder.rescue()
	c.now = c.time()
	c.beginEffects()
	for _, it := range c.inbox.take() {
		if it.call != nil {
			it.call()
		} else {
			c.handle(it.event)
		}
	}
	if at, _ := c.session.Deadline(); !at.IsZero() && !at.After(c.now) {
		c.handle(boundary.Tick{})
	}
	c.settleRecord()
	c.perform()
	if c.closing && c.session.Closed() {
		c.hangUp()
	}
	if c.closing {
		c.closeRecord()
	}
	next, _ = c.session.Deadline()
	if c.tamper != nil && c.tamper.wake != nil {
		next = c.tamper.wake(c.now, next)
	}
	next = c.steady.reading(next)
	notices := c.notices
	c.notices = nil
	c.mu.Unlock()

	// Told without the lock, so that anything may be called inside.
	for _, n := range notices {
		c.tell(n)
	}
	return next
}

// handle gives one event to the core.
func (c *Client) handle(e boundary.Event) {
	if c.tamper != nil && c.tamper.event != nil {
		e = c.tamper.event(e)
	}
	if c.cfg.Details != 0 {
		c.tellDetails(e)
	}
	c.recorder.event(c.now, e)
	writes := len(c.effects.Write)
	c.session.Handle(c.now, e, c.effects)
	if c.tamper != nil && c.tamper.effects != nil {
		c.tamper.effects(e, c.effects)
	}
	switch e := e.(type) {
	case *boundary.Received:
		if e.Hello != nil {
			c.enterGates(e.Conn)
		}
		c.handled(e, writes)
	case boundary.Closed:
		c.gates.leave(c.conns[e.Conn])
		delete(c.conns, e.Conn)
	case boundary.Relocated:
		c.relocated(e)
	case boundary.FilesOpened:
		c.found(e)
	case boundary.AddTorrent:
		c.torrents[e.ID].core = c.session.Torrent(e.ID)
	}
}

// handled takes back the event and the budget of blocks that nobody wanted.
func (c *Client) handled(r *boundary.Received, writes int) {
	n := payload(r.Msgs)
	for _, w := range c.effects.Write[writes:] {
		n -= len(w.Data)
	}
	if n > 0 {
		c.budget.give(n)
	}
	clear(r.Msgs)
	*r = boundary.Received{Msgs: r.Msgs[:0]}
	spareReceived.Put(r)
}

// spareReceived is shared by all clients of the process, for the reason that blocks
// are: see pooled.
var spareReceived = sync.Pool{New: func() any { return &boundary.Received{Msgs: make([]wire.Message, 0, 16)} }}

func newReceived() *boundary.Received { return spareReceived.Get().(*boundary.Received) }

// closeGrace bounds how long Run waits for trackers and disks after its context
// has ended.
const closeGrace = 4500 * time.Millisecond

// ErrUnclean says that a client was ended before it had let go of everything.
var ErrUnclean = errors.New("ended before trackers and disk had answered")

// Run takes turns until ctx ends, then closes the client and returns when it
// has let go of everything, or after a few seconds with ErrUnclean. It is for
// real worlds; a simulator calls Turn itself.
func (c *Client) Run(ctx context.Context) error {
	wake := make(chan struct{}, 1)
	c.onWake(func() {
		select {
		case wake <- struct{}{}:
		default: // awake already
		}
	})
	timer := c.world.Clock.Timer(time.Hour)
	defer timer.Stop()
	done := ctx.Done()
	var giveUp <-chan time.Time
	for {
		next := c.Turn()
		if c.Closed() {
			return nil
		}
		wait := time.Hour
		if !next.IsZero() {
			wait = max(next.Sub(c.world.Clock.Now()), 0)
		}
		timer.Reset(wait)
		// Which of these is first makes no difference: each leads to a turn.
		select {
		case <-wake:
		case <-timer.C:
		case <-giveUp:
			return ErrUnclean
		case <-done:
			done = nil
			giveUp = c.world.Clock.After(closeGrace)
			c.Close()
		}
	}
}

// onWake makes Post call f in the place of World.Wake.
func (c *Client) onWake(f func()) {
	c.inbox.mu.Lock()
	defer c.inbox.mu.Unlock()
	c.world.Wake = f
}
