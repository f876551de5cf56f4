package scenarios

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"time"

	"bt/simnet"
	"bt/transport"
)

// hostile is a scripted peer: it speaks the protocol well enough to be let in,
// and then misbehaves as its personality has it. It accepts connections,
// announces itself to the torrent's trackers, and dials whom it is told of. On
// every connection it plays its script.
type hostile struct {
	host   *simnet.Host
	truth  *truth
	rng    *rand.Rand
	script script
	peerID [20]byte
	conns  []*player // past the handshake, in the order they came up
	plays  []*player // whose script is under way
	counts hostileCounts
	missed []string // what scripts have expected in vain
}

// hostileCounts is what a hostile peer has seen and done, on all connections.
type hostileCounts struct {
	Dials    int // that were answered
	Conns    int // past the handshake
	Closed   int // of them
	Requests int // received
	Cancels  int // received
	Rejects  int // received
	Unchokes int // received
	Grants   int // pieces that it is allowed to ask for while choked
	Served   int // blocks sent
	Pieces   int // blocks received
	// Unchoked is how long connections were unchoked by the remote side, those
	// that still are not included.
	Unchoked time.Duration
}

// characters makes the scripts of the personalities, by name. A hostile peer has
// one script for all its connections; what that remembers from one connection to
// the next, it is made with.
func characters() map[string]func() script {
	return map[string]func() script{
		"babbler":        always(babbler),
		"backer":         always(backer),
		"chaos":          newChaos,
		"choker":         always(choker),
		"cloner":         newCloner,
		"colluder":       always(colluder),
		"contradictor":   newContradictor,
		"corpse":         always(corpse),
		"deaf":           always(deaf),
		"deaf-slow":      always(deafSlow),
		"dribbler":       always(dribbler),
		"extender":       newExtender,
		"flapper":        always(flapper),
		"freerider":      always(freerider),
		"garbage":        always(garbage),
		"giant":          always(giant),
		"granter":        always(granter),
		"glutton":        always(glutton),
		"guest":          always(guest),
		"half-hello":     newHalfHello,
		"have-spammer":   always(haveSpammer),
		"hoarder":        newHoarder,
		"idle":           always(idle),
		"liar":           always(liar),
		"lurker":         always(lurker),
		"mirror":         newMirror,
		"mistaken":       newMistaken,
		"mute":           always(mute),
		"opener":         always(opener),
		"over-requester": always(overRequester),
		"pinger":         always(pinger),
		"poisoner":       newPoisoner,
		"repeater":       always(repeater),
		"resetter":       always(resetter),
		"silent":         always(silent),
		"slow":           always(slow),
		"snubber":        always(snubber),
		"suggester":      always(suggester),
		"trickler":       always(trickler),
		"unsolicited":    always(unsolicited),
		"withdrawer":     newWithdrawer,
	}
}

// always is a personality that remembers nothing.
func always(s script) func() script { return func() script { return s } }

// personalities lists the names that newHostile knows.
func personalities() []string { return slices.Sorted(maps.Keys(characters())) }

// newHostile starts a hostile peer on a host. It listens on the port that
// clients have in scenarios, and dials peers.
func newHostile(host *simnet.Host, t *truth, personality string, rng rand.Source, peers []netip.AddrPort) (*hostile, error) {
	script := characters()[personality]
	if script == nil {
		return nil, fmt.Errorf("hostile peer %s: unknown personality %q", host.Name(), personality)
	}
	return startHostile(host, t, script(), rng, peers)
}

func startHostile(host *simnet.Host, t *truth, s script, rng rand.Source, peers []netip.AddrPort) (*hostile, error) {
	h := &hostile{host: host, truth: t, rng: rand.New(rng), script: s}
	copy(h.peerID[:], "-XX0000-")
	for i := 8; i < len(h.peerID); i++ {
		h.peerID[i] = byte('a' + h.rng.IntN(26))
	}
	addr := netip.AddrPortFrom(netip.IPv6Unspecified(), clientPort)
	if _, _, err := host.Net().Listen(addr, h.accept); err != nil {
		return nil, fmt.Errorf("hostile peer %s: %w", host.Name(), err)
	}
	for _, addr := range peers {
		h.dial(addr)
	}
	h.announce()
	return h, nil
}

// end stops all scripts where they are.
func (h *hostile) end() {
	for len(h.plays) > 0 {
		h.plays[0].end()
	}
}

func (h *hostile) accept(s transport.Stream) transport.Handler {
	return newPlayer(h, s, netip.AddrPort{})
}

func (h *hostile) dial(addr netip.AddrPort) {
	p := newPlayer(h, nil, addr)
	p.stream = h.host.Net().Dial(addr, p)
}

const (
	// announceEvery keeps it known to trackers.
	announceEvery = time.Minute
	// hostileFetch bounds an announce; what comes of it does not matter.
	hostileFetch = 20 * time.Second
)

// announce tells all trackers that it is there, again and again.
func (h *hostile) announce() {
	q := url.Values{
		"info_hash": {string(h.truth.meta.InfoHash[:])}, "peer_id": {string(h.peerID[:])},
		"port": {strconv.Itoa(clientPort)}, "uploaded": {"0"}, "downloaded": {"0"}, "left": {"1"},
		"compact": {"1"}, "numwant": {"0"}, "event": {"started"},
	}
	for _, tier := range h.truth.meta.Trackers {
		for _, tracker := range tier {
			h.host.HTTP().Fetch(transport.FetchRequest{URL: tracker + "?" + q.Encode(), Timeout: hostileFetch, MaxBody: 1 << 20},
				func(transport.FetchResponse, error) {})
		}
	}
	h.host.At(announceEvery, h.announce)
}

func (h *hostile) now() time.Time { return h.host.Clock().Now() }
func (h *hostile) pieces() int    { return h.truth.meta.Info.NumPieces() }
