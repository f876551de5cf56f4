package scenarios

import (
	"net/netip"
	"net/url"
	"strconv"

	"bt/simnet"
)

// numWantMost is how many peers a client may ask a tracker for: nobody keeps more
// connections for one torrent.
const numWantMost = 200

// identityWatch is T6: by a key of its own, and its peer id, a client is known
// again by its trackers all its life; it names the port that it listens on, and
// asks for a sensible number of peers, for none when it leaves.
type identityWatch struct{ key string }

func (w *watched) judgeIdentity(tracker string, q url.Values) {
	wrong := func(format string, args ...any) {
		w.violation("T6", "to %s: "+format, append([]any{tracker}, args...)...)
	}
	if id := q.Get("peer_id"); id != string(w.peerID[:]) {
		wrong("peer id %q, the client's is %q", id, w.peerID)
	}
	switch key := q.Get("key"); {
	case key == "":
		wrong("no key")
	case w.identity.key == "":
		w.identity.key = key
		if other := w.o.keys[key]; other != nil && other.host != w.host {
			wrong("key %s is that of %s", key, other.name)
		}
		w.o.keys[key] = w
	case key != w.identity.key:
		wrong("key %s, it was %s before", key, w.identity.key)
	}
	if port := q.Get("port"); port != strconv.Itoa(w.client.Port()) {
		wrong("port %s, it listens on %d", port, w.client.Port())
	}
	most, least := numWantMost, 1
	if q.Get("event") == "stopped" {
		most, least = 0, 0
	}
	// BEP 3 leaves numwant out; custom has 50 for who does not say.
	if text := q.Get("numwant"); text != "" {
		if n, err := strconv.Atoi(text); err != nil || n < least || n > most {
			wrong("numwant %q with event %q", text, q.Get("event"))
		}
	}
}

// isTracker says that a tracker of the torrent is at an address, or on a host:
// which addresses a name stands for changes.
func (o *oracles) isTracker(host *simnet.Host, addr netip.AddrPort) bool {
	if o.stations[host] {
		return true
	}
	for _, tier := range o.truth.meta.Trackers {
		for _, text := range tier {
			if u, err := url.Parse(text); err == nil && u.Host == addr.String() {
				return true
			}
		}
	}
	return false
}

// isPrivate says that the torrent is (BEP 27).
func (o *oracles) isPrivate() bool { return o.truth.meta.Info.Private }

// judgeDial is half of W16: in a private torrent nobody is tried but whom a
// tracker has named, or the user. BEP 27: "peers must only be obtained from the
// tracker(s)".
func (w *watched) judgeDial(to netip.AddrPort) {
	if w.o.isPrivate() && !w.named[netip.AddrPortFrom(to.Addr().Unmap(), to.Port())] {
		w.violation("W16", "tries %v, which no tracker has named", to)
	}
}
