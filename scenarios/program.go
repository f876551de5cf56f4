package scenarios

import (
	"net/netip"
	"slices"
	"time"

	"bt/client"
	"bt/simnet"
	"bt/simnet/simfs"
)

// program is one life of a client's process: the loop which Client.Run is in
// the real world, made of events of the simulated one.
type program struct {
	node    *node
	client  *client.Client
	torrent *client.Torrent
	subject *subject

	queued  bool          // a turn is an event already
	turn    func()        // that turn
	timer   *simnet.Timer // for the next deadline
	closing bool          // Close was called
	ended   bool          // closed, or killed

	closeAt  time.Duration // when Close was called
	closedAt time.Duration // when it had let go of everything; 0: it has not
}

// start begins the first or next life.
func (n *node) start() {
	if n.running() || !n.host.Alive() {
		return
	}
	p := &program{node: n}
	if err := p.start(); err != nil {
		n.run.fail(n.name, "start", "%v", err)
		return
	}
	if n.program != nil {
		n.past = append(n.past, n.program)
	}
	n.program = p
	n.run.oracles.watch(p.subject)
	n.run.marker.started(p)
	n.run.tellLife(n.name, "starts")
}

func (p *program) start() error {
	n, r := p.node, p.node.run
	p.turn = func() { p.takeTurn(false) }
	p.timer = n.host.NewTimer(func() { p.takeTurn(true) })
	config, disk := n.config(p), &eyes{FS: n.fs}
	if r.opt.record != nil {
		config.Record = r.opt.record(n.name)
	}
	c, err := client.New(client.World{
		Clock: n.host.Clock(), Net: n.host.Net(), HTTP: n.host.HTTP(), Names: n.host.Names(), FS: disk, Work: n.worker,
		Rand: n.host.Rand("client"), SHA1: r.truth.sums.hash, Wake: p.wake,
	}, config)
	if err != nil {
		return err
	}
	spec := client.Spec{
		Meta: r.truth.meta, Dir: n.dir, Priorities: n.priorities, Peers: r.addrsOf(n.actor.Knows),
		UpLimit: int64(n.actor.UpLimit), DownLimit: int64(n.actor.DownLimit),
		SeedMode: n.actor.SeedMode,
	}
	if n.actor.Resume {
		spec.PieceCache = n.loadState()
	}
	t, err := c.Add(spec)
	if err != nil {
		return err
	}
	p.client, p.torrent = c, t
	p.subject = &subject{
		name: n.name, host: n.host, fs: n.fs, worker: n.worker, dir: n.dir,
		client: c, torrent: t, spec: spec, config: config, eyes: disk,
	}
	if r.opt.onClient != nil {
		r.opt.onClient(n.name, c)
	}
	return nil
}

// config translates an actor's settings. In a client's Config 0 means the
// default, and below 0 none.
func (n *node) config(p *program) client.Config {
	slots := func(v *int) int {
		switch {
		case v == nil:
			return 0
		case *v == 0:
			return -1
		}
		return *v
	}
	return client.Config{
		Port: clientPort, MaxPeers: n.actor.MaxPeers,
		UploadSlots: slots(n.actor.Slots), Optimistic: slots(n.actor.Optimistic),
		NoFast:   n.actor.NoFast,
		Filter:   func(a netip.Addr) bool { return !slices.Contains(n.refused, a) },
		OnNotice: p.notice,
		Details:  n.run.details(),
	}
}

// wake is the client's way to ask for a turn.
func (p *program) wake() {
	if !p.queued {
		p.queued = true
		p.node.host.Soon(p.turn)
	}
}

// takeTurn is for the client's own timer alone, or because it has been woken.
func (p *program) takeTurn(timer bool) {
	timer = timer && !p.queued
	p.queued = false
	next := p.client.Turn()
	p.node.run.oracles.turned(p.subject, timer)
	if !next.IsZero() {
		p.timer.Set(next.Sub(p.node.host.Clock().Now()))
	} else {
		p.timer.Stop()
	}
	if p.closing && !p.ended && p.client.Closed() {
		p.ended, p.closedAt = true, p.node.run.now()
		p.node.run.oracles.closed(p.subject)
		p.node.run.tellLife(p.node.name, "closed")
	}
}

func (p *program) notice(x client.Notice) {
	r := p.node.run
	if r.tellNotice(p.node, x) {
		return
	}
	switch x := x.(type) {
	case client.StorageMoved:
		p.node.settleIn(x)
	case client.Checkpointed:
		if p.node.actor.Resume {
			p.node.saveState(p.torrent.PieceCache())
		}
	case client.HashcheckDone, client.Completed:
		if p.node.completeAt < 0 && p.torrent.Complete() {
			p.node.completeAt = r.now()
			r.marker.completed(p.node)
			for _, w := range r.watches {
				if c, ok := w.check.(completer); ok {
					c.completed(p.node)
				}
			}
		}
	}
	r.traceLine(p.node.name, "notice %s", described{x})
	r.marker.notice(p, x)
	r.oracles.notice(p.subject, x)
	for _, w := range r.noticers {
		w.notice(p.node, x)
	}
}

// running says that the node has a client which was not closed or killed.
func (n *node) running() bool { return n.program != nil && !n.program.ended }

// leave closes the client as a user would.
func (n *node) leave() {
	if n.running() && !n.program.closing {
		n.program.closing, n.program.closeAt = true, n.run.now()
		n.run.oracles.leaving(n.program.subject)
		n.program.client.Close()
	}
}

// end notes that the process ends without a word.
func (n *node) end() {
	n.savings++ // what is being saved is not any more
	if n.running() {
		n.program.ended = true
		n.run.tellLife(n.name, "killed")
	}
}

// kill cuts the power of the host: what was not synced is lost.
func (n *node) kill() { n.crash(func(fs *simfs.FS) *simfs.FS { return fs.Image() }) }

// crash cuts the power of the host, of whose disk left says what survives. It may
// come in the middle of an operation.
func (n *node) crash(left func(*simfs.FS) *simfs.FS) {
	n.end()
	n.host.Kill()
	n.fs.PowerLossTo(left(n.fs))
	n.fs.PowerOff()
	if n.program != nil {
		n.run.oracles.powerLost(n.program.subject)
	}
}

// restart ends the process, if it lives, as kill -9 would, and starts it again.
// The system closes its sockets and files for it.
func (n *node) restart() {
	n.end()
	if n.host.Alive() {
		for _, other := range n.run.net.Hosts() {
			n.run.net.ResetStreams(n.host, other)
		}
		n.host.Kill()
		n.fs.Kill()
	}
	n.host.Restart()
	n.fs.PowerOn()
	n.start()
}

// lives lists the node's programs, oldest first.
func (n *node) lives() []*program {
	if n.program == nil {
		return nil
	}
	return append(n.past[:len(n.past):len(n.past)], n.program)
}

// total adds up a figure over all lives of the node's client.
func (n *node) total(figure func(*client.Torrent) int64) (sum int64) {
	for _, p := range n.lives() {
		sum += figure(p.torrent)
	}
	return sum
}

// now is the time since the start of the run.
func (r *run) now() time.Duration { return r.net.Now().Sub(simnet.Epoch) }
