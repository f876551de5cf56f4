package scenarios

import (
	"net/netip"
	"slices"
)

// Limits is what a client may use at most.
type Limits struct {
	Up     Rate `yaml:"up,omitempty"`     // of the torrent's payload; 0: no limit
	Down   Rate `yaml:"down,omitempty"`   //
	Memory Size `yaml:"memory,omitempty"` // for blocks that are not yet on disk; 0: the client's default
}

// setLimits has clients keep to limits. Undone, those of their actors hold.
func setLimits(r *run, a *Action) (undo func()) {
	nodes := r.nodesOf(a.Who)
	for _, n := range nodes {
		n.limit(*a.Limits)
	}
	return func() {
		for _, n := range nodes {
			n.limit(Limits{Up: n.actor.UpLimit, Down: n.actor.DownLimit})
		}
	}
}

func (n *node) limit(l Limits) {
	n.torrentDo(func(p *program) {
		p.torrent.SetLimits(int64(l.Up), int64(l.Down))
		p.client.SetMemory(int64(l.Memory))
		n.run.oracles.limits(p.subject, int64(l.Up), int64(l.Down))
	})
}

// setFilter has clients refuse the addresses of actors.
func setFilter(r *run, a *Action) (undo func()) {
	nodes := r.nodesOf(a.Who)
	var refused []netip.Addr
	for _, h := range r.hostsOf(a.With) {
		refused = append(refused, h.Addr())
	}
	for _, n := range nodes {
		n.filter(refused)
	}
	return func() {
		for _, n := range nodes {
			n.filter(nil)
		}
	}
}

// filterGrace is how long it may take until a connection is gone that the user
// does not want any more.
const filterGrace = Second

func (n *node) filter(refused []netip.Addr) {
	n.refused = refused
	n.filters++
	epoch := n.filters
	n.torrentDo(func(p *program) {
		p.client.Refilter()
		n.run.net.At(filterGrace.std(), func() {
			if n.filters == epoch { // else it was another one meanwhile, if only for a moment
				p.checkFilter(refused)
			}
		})
	})
}

// checkFilter holds a client to its filter.
func (p *program) checkFilter(refused []netip.Addr) {
	w := p.node.run.oracles.at[p.node.host]
	if p.ended || w.frozen() {
		return
	}
	for _, peer := range p.client.Peers() {
		if slices.Contains(refused, peer.Addr.Addr().Unmap()) {
			p.node.run.fail(p.node.name, "filter", "is connected with %v, which its filter refuses", peer.Addr)
		}
	}
}
