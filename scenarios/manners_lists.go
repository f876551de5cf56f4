package scenarios

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"bt/simtracker"
)

// These trackers know their swarm, and put something odd into what they say of it.

// escapes is what must not reach a terminal: it would clear the screen, ring, set
// the title of the window, and write over the line.
const escapes = "closing\x1b[2J\x07 tomorrow\x1b]0;owned\x07\r\n\u009b31m\u202e"

// bencoded is a string in bencode.
func bencoded(s string) string { return strconv.Itoa(len(s)) + ":" + s }

// asking is an announce that such a tracker is to answer.
type asking struct {
	*station
	client netip.Addr       // who asks
	peers  []netip.AddrPort // all others that it has heard of, in the order in which they came
	times  int              // so often was it asked before, by anybody
	id     string           // the tracker id that the client sends back
}

// adapts answers each announce by what answer makes of it.
func adapts(answer func(*asking) string) func(*station) func() {
	return func(s *station) func() {
		return s.host.ServeHTTP(trackerPort, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a := asking{station: s, client: netip.MustParseAddrPort(r.RemoteAddr).Addr(), times: len(s.tracker.Log()), id: r.URL.Query().Get("trackerid")}
			s.tracker.ServeHTTP(nowhere{}, r) // for its log
			a.peers = others(s.tracker.Log(), a.client)
			fmt.Fprint(w, answer(&a))
		}))
	}
}

// others lists the addresses in a log, each once, but for those of one host.
func others(log []simtracker.Entry, but netip.Addr) (list []netip.AddrPort) {
	seen := make(map[netip.AddrPort]bool)
	for _, e := range log {
		if e.Addr.Addr() != but && !seen[e.Addr] {
			seen[e.Addr] = true
			list = append(list, e.Addr)
		}
	}
	return list
}

// lists names the peers there are, with this interval and these keys beside.
func lists(interval, more string) func(*station) func() {
	return adapts(func(a *asking) string {
		if len(a.id) > idMax {
			return "d14:failure reason" + bencoded("what a long id") + "e"
		}
		return "d8:interval" + interval + "5:peers" + compact(a.peers) + more + "e"
	})
}

// idMax is the longest tracker id that a client may keep: it goes into its URLs.
const idMax = 1000

// compact lists addresses as BEP 23 has it.
func compact(list []netip.AddrPort) string {
	var b bytes.Buffer
	for _, a := range list {
		if a.Addr().Is4() {
			ip := a.Addr().As4()
			b.Write(binary.BigEndian.AppendUint16(ip[:], a.Port()))
		}
	}
	return bencoded(b.String())
}

// fickle changes from compact lists to dictionaries and back.
func fickle(a *asking) string {
	if a.times%2 == 0 {
		return "d8:intervali20e5:peers" + compact(a.peers) + "e"
	}
	var b strings.Builder
	for _, p := range a.peers {
		fmt.Fprintf(&b, "d2:ip%s4:porti%dee", bencoded(p.Addr().String()), p.Port())
	}
	return "d8:intervali20e5:peersl" + b.String() + "ee"
}

// narcissist names itself first, on the port on which it speaks HTTP.
func narcissist(a *asking) string {
	list := append([]netip.AddrPort{netip.AddrPortFrom(a.host.Addr(), trackerPort)}, a.peers...)
	return "d8:intervali20e5:peers" + compact(list) + "e"
}

// lookingGlass names whoever asks, and nobody else.
func lookingGlass(a *asking) string {
	return "d8:intervali20e5:peers" + compact([]netip.AddrPort{netip.AddrPortFrom(a.client, clientPort)}) + "e"
}

// heldBody is an http.ResponseWriter that keeps what is written.
type heldBody struct{ strings.Builder }

// Header implements http.ResponseWriter.
func (*heldBody) Header() http.Header { return make(http.Header) }

// WriteHeader implements http.ResponseWriter.
func (*heldBody) WriteHeader(int) {}
