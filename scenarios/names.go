package scenarios

import (
	"net/netip"
	"slices"

	"bt/simnet"
)

// setNames has the names of trackers stand for something else, from now on or for
// a while.
func setNames(r *run, a *Action) (undo func()) {
	list := r.stationsOf(a.Who)
	for _, s := range list {
		r.net.SetName(s.hostName, a.Name.stand(r))
	}
	return func() {
		for _, s := range list {
			r.net.SetName(s.hostName, simnet.Name{Addrs: s.host.Addrs()})
		}
	}
}

// stand is what the name servers say from now on.
func (n *Name) stand(r *run) simnet.Name {
	is := simnet.Name{Delay: n.Late.std(), Silent: n.Silent}
	for _, h := range r.machines(n.For) {
		is.Addrs = append(is.Addrs, h.Addrs()...)
	}
	for _, text := range n.Addrs {
		is.Addrs = append(is.Addrs, netip.MustParseAddr(text)) // it was validated
	}
	return is
}

func (n *Name) validate(s *Scenario, field string) error {
	if n == nil {
		return nil
	}
	for _, text := range n.Addrs {
		if _, err := netip.ParseAddr(text); err != nil {
			return wrong(field+".addrs", "%q is no address", text)
		}
	}
	return s.validateNames(n.For, field+".for", s.isAnything)
}

// hasName says whether name is a tracker that is known by a name.
func (s *Scenario) hasName(name string) bool {
	return slices.ContainsFunc(s.trackers(), func(t Tracker) bool { return t.Name == name && t.Host != "" })
}
