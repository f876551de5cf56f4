package scenarios

import (
	"net/netip"
	"slices"
	"time"

	"bt/simnet"
	"bt/simnet/simfs"
	"bt/simtracker"
)

// Ports of the hosts of a run.
const (
	clientPort  = 6881
	trackerPort = 80
)

// trackerAddr is the address of a scenario's i-th tracker.
func trackerAddr(s *Scenario, i int) netip.Addr { return hostAddr(s, 0, i) }

// actorAddr is the address of a scenario's i-th host that is no tracker.
func actorAddr(s *Scenario, i int) netip.Addr { return hostAddr(s, 1, i) }

// movedAddr is the address that an actor has after the i-th move.
func movedAddr(s *Scenario, i int) netip.Addr { return hostAddr(s, 2, i) }

// natAddr is the address of a scenario's i-th NAT.
func natAddr(s *Scenario, i int) netip.Addr { return hostAddr(s, 3, i) }

// hostAddr numbers the addresses of a private network.
func hostAddr(s *Scenario, network byte, i int) netip.Addr {
	if s.IPv6 {
		return hostAddr6(network, i)
	}
	i++ // no host is called 0
	return netip.AddrFrom4([4]byte{10, network, byte(i >> 8), byte(i)})
}

func hostAddr6(network byte, i int) netip.Addr {
	i++
	return netip.AddrFrom16([16]byte{0: 0xfd, 7: network, 14: byte(i >> 8), 15: byte(i)})
}

// addAddr6 gives a host its second address, where all have two.
func (r *run) addAddr6(h *simnet.Host, network byte, i int) {
	if r.scenario.Dual {
		h.AddAddr(hostAddr6(network, i))
	}
}

// station is a tracker and its host.
type station struct {
	name     string
	url      string
	hostName string // in its URL, "" if its address is
	udp      bool
	host     *simnet.Host
	tracker  *simtracker.Tracker
	manner   func(*station) (stop func()) // nil: it behaves
	stop     func()                       // nil while it is down
}

// trackerLatency is that of a server in a data centre.
const trackerLatency = 10 * time.Millisecond

func (r *run) addTrackers() {
	for i, t := range r.scenario.trackers() {
		latency := trackerLatency
		if t.Latency > 0 {
			latency = t.Latency.std()
		}
		host := r.net.NewHost(t.Name, trackerAddr(r.scenario, i), simnet.LinkConfig{Latency: latency})
		r.addAddr6(host, 0, i)
		s := &station{
			name: t.Name, url: announceURL(r.scenario, i), hostName: t.Host, udp: t.UDP, host: host, manner: mannersOf(t.UDP)[t.Manner],
			tracker: simtracker.New(simtracker.Config{
				Now: r.net.Now, Interval: t.Interval.std(), MinInterval: t.MinInterval.std(), TellIP: t.TellIP, Rand: host.Rand("tracker"),
			}),
		}
		if t.Host != "" {
			r.net.SetName(t.Host, simnet.Name{Addrs: host.Addrs()})
		}
		if !t.Down {
			s.up()
		}
		r.stations = append(r.stations, s)
		if r.oracles != nil {
			r.oracles.stations[host] = true
		}
	}
}

func (s *station) up() {
	switch {
	case s.stop != nil:
	case s.manner != nil:
		s.stop = s.manner(s)
	case s.udp:
		s.stop = packets(nil)(s)
	default:
		s.stop = s.host.ServeHTTP(trackerPort, s.tracker)
	}
}

// down lets the host refuse connections, as when the program has ended.
func (s *station) down() {
	if s.stop != nil {
		s.stop()
		s.stop = nil
	}
}

// node is a host with a client, through all the lives of its process.
type node struct {
	run     *run
	name    string
	actor   *Actor
	host    *simnet.Host
	fs      *simfs.FS
	worker  *simnet.Worker
	program *program // nil before the first start
	past    []*program

	dir        string        // where the torrent is, as the program has noted down
	priorities []int         // of the files, as the user last had them
	refused    []netip.Addr  // whom the user wants no dealings with
	filters    int           // how often that was changed
	savings    int           // of its piece cache, that were begun
	faults     int           // of its disk, that were injected
	completeAt time.Duration // since the start of the run; negative: not yet
}

// addActors makes the hosts, in the order of the scenario, and plans when what
// is on them starts.
func (r *run) addActors() error {
	contents := r.truth.contents()
	r.actors = make(map[string]*Actor)
	r.formerly = make(map[netip.Addr]*simnet.Host)
	r.addNATs()
	for i := range r.scenario.Actors {
		a := &r.scenario.Actors[i]
		for _, name := range a.names() {
			host := r.net.NewHost(name, actorAddr(r.scenario, len(r.hosts)), r.scenario.linkOf(a).config())
			r.addAddr6(host, 1, len(r.hosts))
			if nat := r.nats[a.NAT]; nat != nil {
				nat.Join(host)
			}
			r.hosts = append(r.hosts, host)
			r.actors[name] = a
			start := func() { r.startHostile(host, a) }
			if a.Kind != Hostile {
				n := &node{run: r, name: name, actor: a, host: host, dir: downloadDir, priorities: a.Priorities, completeAt: -1}
				if err := n.addDisk(contents); err != nil {
					return err
				}
				r.nodes = append(r.nodes, n)
				start = n.start
			}
			r.at(a.Start, start)
		}
	}
	return nil
}

func (r *run) startHostile(host *simnet.Host, a *Actor) {
	h, err := newHostile(host, r.truth, a.Personality, host.Rand("hostile"), r.addrsOf(a.Knows))
	if err != nil {
		r.fail(host.Name(), "start", "%v", err)
		return
	}
	r.hostiles[host.Name()] = h
}

// addrsOf lists the addresses of actors, by name.
func (r *run) addrsOf(names []string) []netip.AddrPort {
	var list []netip.AddrPort
	for _, h := range r.hostsOf(names) {
		list = append(list, netip.AddrPortFrom(h.Addr(), clientPort))
	}
	return list
}

// hostsOf lists the hosts that names stand for, in the order of the scenario.
func (r *run) hostsOf(names []string) []*simnet.Host {
	var list []*simnet.Host
	for _, h := range r.hosts {
		if named(names, h.Name(), r.actors[h.Name()]) {
			list = append(list, h)
		}
	}
	return list
}

// nodesOf lists the clients that names stand for; no names stand for all.
func (r *run) nodesOf(names []string) []*node {
	var list []*node
	for _, n := range r.nodes {
		if len(names) == 0 || named(names, n.name, n.actor) {
			list = append(list, n)
		}
	}
	return list
}

func (r *run) stationsOf(names []string) []*station {
	var list []*station
	for _, s := range r.stations {
		if named(names, s.name, nil) {
			list = append(list, s)
		}
	}
	return list
}

func named(names []string, name string, a *Actor) bool {
	for _, n := range names {
		if n == name || a != nil && n == a.Name {
			return true
		}
	}
	return false
}

// hostAt finds the host of an actor by its address; nil when there is none.
func (r *run) hostAt(addr netip.Addr) *simnet.Host {
	for _, h := range r.hosts {
		if slices.Contains(h.Addrs(), addr) {
			return h
		}
	}
	return r.formerly[addr]
}
