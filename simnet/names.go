package simnet

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"bt/transport"
)

// Name is what the name servers of the Internet say of a name.
type Name struct {
	Addrs  []netip.Addr  // none: there is no such name
	Delay  time.Duration // of the answer, beside the way to a name server and back
	Silent bool          // there is no answer
}

// SetName changes what a name stands for; who has asked already gets the answer
// of before. A host's own name stands for the host's addresses until it is set.
func (n *Internet) SetName(name string, is Name) {
	if n.named == nil {
		n.named = make(map[string]Name)
	}
	is.Addrs = slices.Clone(is.Addrs)
	n.named[name] = is
}

// nameOf is what there is to know about a name.
func (n *Internet) nameOf(name string) Name {
	if is, ok := n.named[name]; ok {
		return is
	}
	if host := n.byName[name]; host != nil {
		return Name{Addrs: host.addrs}
	}
	return Name{}
}

// resolver is the transport.Resolver of a host. Name servers are in the middle
// of the Internet; nothing is lost on the way to them.
type resolver struct{ host *Host }

// Names looks up names on behalf of this host.
func (h *Host) Names() transport.Resolver { return resolver{h} }

// Resolve implements transport.Resolver.
func (r resolver) Resolve(name string, done func([]netip.Addr, error)) (cancel func()) {
	h := r.host
	var pending eventID
	ended := false
	after := func(d int64, answer func() ([]netip.Addr, error)) {
		pending = h.net.schedule(d, event{kind: KindFetch, host: h, fn: func() {
			ended = true
			done(answer())
		}})
	}
	if addr, err := netip.ParseAddr(name); err == nil {
		after(0, func() ([]netip.Addr, error) { return []netip.Addr{addr.Unmap()}, nil })
	} else if is := h.net.nameOf(name); is.Silent {
		after(int64(transport.ResolveTimeout), func() ([]netip.Addr, error) {
			return nil, fmt.Errorf("%s: %w", name, transport.ErrResolveTimeout)
		})
	} else {
		reachable := h.reachable(is.Addrs)
		d := min(int64(2*h.link.Latency+is.Delay), int64(transport.ResolveTimeout))
		after(d, func() ([]netip.Addr, error) {
			switch {
			case is.Delay >= transport.ResolveTimeout:
				return nil, fmt.Errorf("%s: %w", name, transport.ErrResolveTimeout)
			case len(reachable) == 0:
				return nil, fmt.Errorf("%s: %w", name, transport.ErrNoSuchHost)
			}
			return reachable, nil
		})
	}
	return func() {
		if !ended {
			h.net.cancel(&pending)
			ended = true
			after(0, func() ([]netip.Addr, error) { return nil, transport.ErrResolveCanceled })
		}
	}
}

// reachable lists the addresses of families that the host has, each once.
func (h *Host) reachable(addrs []netip.Addr) (list []netip.Addr) {
	for _, a := range addrs {
		if a = a.Unmap(); h.source(a).IsValid() && !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	return list
}
