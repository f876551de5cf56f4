package scenarios

import (
	"net/netip"
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

// hostAddr numbers the addresses of a private network.
func hostAddr(s *Scenario, network byte, i int) netip.Addr {
	i++ // no host is called 0
	if s.IPv6 {
		return netip.AddrFrom16([16]byte{0: 0xfd, 7: network, 14: byte(i >> 8), 15: byte(i)})
	}
	return netip.AddrFrom4([4]byte{10, network, byte(i >> 8), byte(i)})
}

func (l Link) config() simnet.LinkConfig {
	return simnet.LinkConfig{
		Up: int64(l.Up), Down: int64(l.Down), Latency: l.Latency.std(), Jitter: l.Jitter.std(),
		Queue: int64(l.Queue), MaxRead: int(l.MaxRead), MaxWrite: int(l.MaxWrite),
	}
}

// station is a tracker and its host.
type station struct {
	name    string
	url     string
	host    *simnet.Host
	tracker *simtracker.Tracker
	manner  func(*station) (stop func()) // nil: it behaves
	stop    func()                       // nil while it is down
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
		s := &station{name: t.Name, url: announceURL(r.scenario, i), host: host, manner: manners[t.Manner], tracker: simtracker.New(simtracker.Config{
			Now: r.net.Now, Interval: t.Interval.std(), MinInterval: t.MinInterval.std(), Rand: host.Rand("tracker"),
		})}
		if !t.Down {
			s.up()
		}
		r.stations = append(r.stations, s)
	}
}

func (s *station) up() {
	switch {
	case s.stop != nil:
	case s.manner != nil:
		s.stop = s.manner(s)
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

	priorities []int         // of the files, as the user last had them
	savings    int           // of its piece cache, that were begun
	completeAt time.Duration // since the start of the run; negative: not yet
}

// addActors makes the hosts, in the order of the scenario, and plans when what
// is on them starts.
func (r *run) addActors() error {
	contents := r.truth.contents()
	r.actors = make(map[string]*Actor)
	for i := range r.scenario.Actors {
		a := &r.scenario.Actors[i]
		for _, name := range a.names() {
			host := r.net.NewHost(name, actorAddr(r.scenario, len(r.hosts)), r.scenario.linkOf(a).config())
			r.hosts = append(r.hosts, host)
			r.actors[name] = a
			start := func() { r.startHostile(host, a) }
			if a.Kind != Hostile {
				n := &node{run: r, name: name, actor: a, host: host, priorities: a.Priorities, completeAt: -1}
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
		if h.Addr() == addr {
			return h
		}
	}
	return nil
}
