package scenarios

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"bt/client"
	"bt/client/wire"
	"bt/simnet"
	"bt/transport"
)

var update = flag.Bool("update", false, "write the golden files anew")

const reasonsGolden = "testdata/reasons.golden"

// TestH01 holds the reasons for which connections end against a table: what is
// done to a client, the reason that it gives, and what the remote side sees of
// it, which is the reason of another client or the end of a stream. Every reason
// there is must occur.
func TestH01(t *testing.T) {
	var b strings.Builder
	said := make(map[client.Reason]bool)
	for _, s := range stimuli() {
		fmt.Fprintf(&b, "%s\n", s.name)
		e := newEncounter(t, s)
		e.net.RunUntil(simnet.Epoch.Add(max(s.until, 10*time.Second)))
		for _, x := range e.us.notices {
			if d, ok := x.(client.PeerDisconnected); ok {
				said[d.Reason] = true
			}
		}
		for _, line := range e.us.endings() {
			fmt.Fprintf(&b, "    we:   %s\n", line)
		}
		for _, line := range e.theirs() {
			fmt.Fprintf(&b, "    they: %s\n", line)
		}
	}
	if *update {
		if err := os.WriteFile(reasonsGolden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(reasonsGolden)
	if err != nil {
		t.Fatal(err)
	}
	want, got := strings.Split(string(golden), "\n"), strings.Split(b.String(), "\n")
	for i := range max(len(want), len(got)) {
		if lineOf(want, i) != lineOf(got, i) {
			t.Fatalf("%s:%d: %q, got %q", reasonsGolden, i+1, lineOf(want, i), lineOf(got, i))
		}
	}
	for r := client.Reason(0); r > -200; r-- {
		if named := !strings.HasPrefix(r.String(), "errno"); named && !said[r] {
			t.Errorf("nothing leads to %q (%d)", r, int(r))
		}
	}
}

func lineOf(lines []string, i int) string {
	if i >= len(lines) {
		return "the end"
	}
	return lines[i]
}

// endings lists how a client's connections have ended, the same only once in a
// row, and no more than five: what follows are attempts to have them back.
func (l *lone) endings() (lines []string) {
	for _, n := range l.notices {
		d, ok := n.(client.PeerDisconnected)
		if !ok || len(lines) == 5 {
			continue
		}
		line := fmt.Sprintf("%d %v", int(d.Reason), d.Reason)
		if d.Err != nil {
			line += ": " + d.Err.Error()
		}
		if d.Incoming {
			line += " (incoming)"
		}
		if len(lines) == 0 || lines[len(lines)-1] != line {
			lines = append(lines, line)
		}
	}
	return lines
}

// stimulus is what is done to a client that has some of four pieces.
type stimulus struct {
	name   string
	until  time.Duration // 0: ten seconds
	has    []int         // pieces
	config client.Config
	disk   int64  // of our disk, bytes per second; 0: an SSD
	knows  string // address that we dial; "": none
	do     func(e *encounter)

	trackers []string // announce URLs, each in a tier of its own; with any, the torrent is private
}

// encounter is a stimulus under way.
type encounter struct {
	t       *testing.T
	net     *simnet.Internet
	truth   *truth
	us      *lone
	torrent *client.Torrent
	others  []*lone
	host    *simnet.Host // of scripts
	scripts []*puppet
}

const (
	ourAddr   = "10.1.0.1:6881"
	theirAddr = "10.1.0.2:6881"
)

func newEncounter(t *testing.T, s stimulus) *encounter {
	t.Helper()
	scenario := Scenario{Name: "encounter", Trackerless: true, Torrent: Torrent{Piece: 64 * KiB, Size: 256 * KiB, Private: s.trackers != nil}}
	truth, err := newTruth(&scenario, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range s.trackers {
		truth.meta.Trackers = append(truth.meta.Trackers, []string{u})
	}
	e := &encounter{t: t, net: simnet.New(1), truth: truth}
	e.us, e.torrent = e.join("we", ourAddr, s.config, s.disk, s.has, s.knows)
	s.do(e)
	return e
}

// join adds a client that has pieces, and knows an address.
func (e *encounter) join(name, addr string, config client.Config, disk int64, has []int, knows string) (*lone, *client.Torrent) {
	l := newLone(e.t, e.net, name, netip.MustParseAddrPort(addr).Addr(), config, disk)
	dir, file := path.Split(e.truth.filePath(0))
	if err := l.fs.MkdirAll(dir, 0o755); err != nil {
		e.t.Fatal(err)
	}
	f, err := l.fs.Create(path.Join(dir, file))
	if err != nil {
		e.t.Fatal(err)
	}
	for _, p := range has {
		if _, err := f.WriteAt(e.truth.piece(p), int64(p)*e.truth.meta.Info.PieceLength); err != nil {
			e.t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		e.t.Fatal(err)
	}
	spec := client.Spec{Meta: e.truth.meta, Dir: downloadDir}
	if knows != "" {
		spec.Peers = []netip.AddrPort{netip.MustParseAddrPort(knows)}
	}
	torrent, err := l.client.Add(spec)
	if err != nil {
		e.t.Fatal(err)
	}
	return l, torrent
}

// meet adds another client; it dials us if we do not dial it.
func (e *encounter) meet(config client.Config, disk int64, has []int, knows string) *client.Torrent {
	l, torrent := e.join("they", theirAddr, config, disk, has, knows)
	e.others = append(e.others, l)
	return torrent
}

// theirs lists what the other side has seen.
func (e *encounter) theirs() (lines []string) {
	for _, l := range e.others {
		lines = append(lines, l.endings()...)
	}
	for _, p := range e.scripts {
		if len(lines) < 5 && (len(lines) == 0 || lines[len(lines)-1] != p.end) {
			lines = append(lines, p.end)
		}
	}
	return lines
}

// puppet is one connection of a peer that follows a script. It implements
// transport.Handler.
type puppet struct {
	e      *encounter
	stream transport.Stream
	script func(*puppet)
	heard  func(f *frame) // may be nil
	reader frameReader
	id     string // the end of its peer id
	end    string
}

// their makes the host of scripts.
func (e *encounter) their() *simnet.Host {
	if e.host == nil {
		e.host = e.net.NewHost("they", netip.MustParseAddrPort(theirAddr).Addr(), simnet.LinkConfig{Latency: 10 * time.Millisecond})
	}
	return e.host
}

// listen has incoming connections follow a script.
func (e *encounter) listen(script func(*puppet)) {
	addr := netip.AddrPortFrom(netip.IPv6Unspecified(), clientPort)
	if _, _, err := e.their().Net().Listen(addr, func(s transport.Stream) transport.Handler {
		p := e.newPuppet(script)
		p.stream = s
		return p
	}); err != nil {
		e.t.Fatal(err)
	}
}

// dial has a connection to us, made after d, follow a script.
func (e *encounter) dial(d time.Duration, script func(*puppet)) {
	e.their().At(d, func() {
		p := e.newPuppet(script)
		p.stream = e.their().Net().Dial(netip.MustParseAddrPort(ourAddr), p)
	})
}

func (e *encounter) newPuppet(script func(*puppet)) *puppet {
	p := &puppet{e: e, script: script, id: "one", end: "still connected"}
	e.scripts = append(e.scripts, p)
	return p
}

// Opened implements transport.Handler.
func (p *puppet) Opened() { p.script(p) }

// Received implements transport.Handler.
func (p *puppet) Received(b []byte) { p.reader.read(b, &frameFuncs{onFrame: p.heard}) }

// Sent implements transport.Handler.
func (p *puppet) Sent(int) {}

// Closed implements transport.Handler.
func (p *puppet) Closed(err error) {
	p.end = "closed by us"
	if err != nil {
		p.end = err.Error()
	}
}

func (p *puppet) raw(b ...byte) { p.stream.Send(b) }

// hello greets, for a torrent whose info-hash is off by so much.
func (p *puppet) hello(fast bool, off byte) {
	h := wire.Handshake{InfoHash: p.e.truth.meta.InfoHash}
	h.InfoHash[0] += off
	copy(h.PeerID[:], "-XX0000-script-"+p.id)
	if fast {
		h.SetFast()
	}
	p.raw(wire.AppendHandshake(nil, &h)...)
}

// say greets as a client with the Fast extension, and sends messages.
func (p *puppet) say(msgs ...wire.Message) {
	p.hello(true, 0)
	p.more(msgs...)
}

func (p *puppet) more(msgs ...wire.Message) {
	for _, m := range msgs {
		p.raw(wire.AppendMessage(nil, m)...)
	}
}

func (p *puppet) after(d time.Duration, do func()) { p.e.their().At(d, do) }

// saying is a script of a greeting and messages.
func saying(msgs ...wire.Message) func(*puppet) { return func(p *puppet) { p.say(msgs...) } }

func sending(b string) func(*puppet) { return func(p *puppet) { p.raw([]byte(b)...) } }

func kind(k wire.Kind) wire.Message { return wire.Message{Kind: k} }

func request(index, begin, length uint32) wire.Message {
	return wire.Block{Index: index, Begin: begin, Length: length}.Message(wire.Request)
}

var (
	half       = []int{0, 1}
	everything = []int{0, 1, 2, 3}
)

// stimuli are grouped by the reason that they lead to.
func stimuli() []stimulus {
	list := slices.Concat(endsByRemote(), refusals(), malformed(), tiresome(), orders())
	return list
}

func endsByRemote() []stimulus {
	in := func(name string, script func(*puppet)) stimulus {
		return stimulus{name: name, has: half, do: func(e *encounter) { e.dial(time.Second, script) }}
	}
	return []stimulus{
		in("they close before the handshake", func(p *puppet) { p.after(time.Second, p.stream.Close) }),
		in("they close after the handshake", func(p *puppet) {
			p.say(kind(wire.HaveNone))
			p.after(time.Second, p.stream.Close)
		}),
		in("the connection is reset", func(p *puppet) {
			p.say(kind(wire.HaveNone))
			p.after(time.Second, func() { p.e.net.ResetStreams(p.e.us.host, p.e.their()) })
		}),
		in("their host loses its power", func(p *puppet) {
			p.say(kind(wire.HaveNone), kind(wire.Interested))
			p.after(time.Second, p.e.their().Kill)
		}).lasting(5 * time.Minute),
		{name: "they refuse the connection", has: half, knows: theirAddr, do: func(e *encounter) { e.their() }},
		{name: "there is no such host", has: half, knows: theirAddr, do: func(*encounter) {}},
		{name: "their host is dead", has: half, knows: theirAddr, until: 30 * time.Second, do: func(e *encounter) { e.their().Kill() }},
	}
}

func (s stimulus) lasting(d time.Duration) stimulus {
	s.until = d
	return s
}

func refusals() []stimulus {
	hello := saying(kind(wire.HaveNone))
	return []stimulus{
		{name: "we dial ourselves", has: half, knows: ourAddr, do: func(*encounter) {}},
		{name: "they ask for another torrent", has: half, do: func(e *encounter) {
			e.dial(time.Second, func(p *puppet) { p.hello(true, 1) })
		}},
		{name: "they ask for a torrent that is stopped", has: half, do: func(e *encounter) {
			e.torrent.Stop()
			e.meet(client.Config{}, 0, everything, ourAddr)
		}},
		{name: "we dial, and they answer for another torrent", has: half, knows: theirAddr, do: func(e *encounter) {
			e.listen(func(p *puppet) { p.hello(true, 1) })
		}},
		{name: "a web browser dials us", has: half, do: func(e *encounter) {
			e.dial(time.Second, sending("GET / HTTP/1.1\r\nHost: example\r\nAccept: text/html, application/xhtml+xml, */*\r\n\r\n"))
		}},
		{name: "we dial an SSH server", has: half, knows: theirAddr, do: func(e *encounter) {
			e.listen(sending("SSH-2.0-OpenSSH_9.9 and much more, so that it is as long as a handshake is"))
		}},
		{name: "they say nothing", has: half, until: 40 * time.Second, do: func(e *encounter) {
			e.dial(time.Second, func(*puppet) {})
		}},
		{name: "we dial, and they say nothing", has: half, until: 40 * time.Second, knows: theirAddr, do: func(e *encounter) {
			e.listen(func(*puppet) {})
		}},
		{name: "they come a byte a second", has: half, until: 40 * time.Second, do: func(e *encounter) {
			e.dial(time.Second, func(p *puppet) {
				for i := range len(refereeProtocol) {
					p.after(time.Duration(i)*time.Second, func() { p.raw(refereeProtocol[i]) })
				}
			})
		}},
		{name: "the same peer twice", has: half, do: func(e *encounter) {
			e.dial(time.Second, hello)
			e.dial(2*time.Second, hello)
		}},
		{name: "both clients dial at once", has: half, knows: theirAddr, do: func(e *encounter) {
			e.meet(client.Config{}, 0, everything, ourAddr)
		}},
		{name: "one peer more than a torrent may have", has: half, config: client.Config{MaxPeers: 1}, do: func(e *encounter) {
			e.dial(time.Second, hello)
			e.others = nil
			e.meetLater(2 * time.Second)
		}},
		{name: "one connection more than a client may have", has: half, config: client.Config{MaxConns: 1}, do: func(e *encounter) {
			e.dial(time.Second, hello)
			e.meetLater(2 * time.Second)
		}},
		{name: "we are checking what we have", has: half, disk: 16 << 10, do: func(e *encounter) {
			e.meetLater(time.Second)
		}},
		{name: "they are filtered", has: half, config: client.Config{Filter: notThem}, do: func(e *encounter) {
			e.meetLater(time.Second)
		}},
		{name: "we know of them, and they are filtered", has: half, config: client.Config{Filter: notThem}, knows: theirAddr, do: func(e *encounter) {
			e.listen(hello)
		}},
		refiltered(),
	}
}

// notThem refuses the host that the other side is on.
func notThem(a netip.Addr) bool { return a != netip.MustParseAddrPort(theirAddr).Addr() }

// refiltered: an address is filtered in mid-connection.
func refiltered() stimulus {
	against := false
	return stimulus{
		name: "they are filtered after a while", has: half,
		config: client.Config{Filter: func(a netip.Addr) bool { return !against || notThem(a) }},
		do: func(e *encounter) {
			e.dial(time.Second, saying(kind(wire.HaveNone)))
			e.net.At(5*time.Second, func() {
				against = true
				e.us.client.Refilter()
			})
		},
	}
}

// meetLater has another client dial us after a while; it is not the script's
// host, which may be there as well.
func (e *encounter) meetLater(d time.Duration) {
	addr := theirAddr
	if e.host != nil {
		addr = "10.1.0.3:6881"
	}
	e.net.At(d, func() {
		l, _ := e.join("another", addr, client.Config{}, 0, everything, ourAddr)
		e.others = append(e.others, l)
	})
}

func malformed() []stimulus {
	in := func(name string, script func(*puppet)) stimulus {
		return stimulus{name: name, has: half, do: func(e *encounter) { e.dial(time.Second, script) }}
	}
	plain := func(msgs ...wire.Message) func(*puppet) {
		return func(p *puppet) {
			p.hello(false, 0)
			p.more(msgs...)
		}
	}
	bytes := func(b ...byte) func(*puppet) {
		return func(p *puppet) {
			p.say(kind(wire.HaveNone))
			p.raw(b...)
		}
	}
	return []stimulus{
		in("a message of 4 GiB", bytes(0xff, 0xff, 0xff, 0xff, 7)),
		in("a HAVE of three bytes", bytes(0, 0, 0, 4, byte(wire.Have), 0, 0, 0)),
		in("a CHOKE of two bytes", bytes(0, 0, 0, 2, byte(wire.Choke), 0)),
		in("a message of an unknown kind", bytes(0, 0, 0, 2, 99, 0)),
		in("a HAVE of a piece that does not exist", saying(kind(wire.HaveNone), wire.Message{Kind: wire.Have, Index: 4})),
		in("a BITFIELD too long", saying(wire.Message{Kind: wire.Bitfield, Data: []byte{0, 0}})),
		in("a BITFIELD with spare bits", saying(wire.Message{Kind: wire.Bitfield, Data: []byte{0xff}})),
		in("a REQUEST of a piece that does not exist", saying(kind(wire.HaveNone), request(4, 0, 1<<14))),
		in("a REQUEST past the end of a piece", saying(kind(wire.HaveNone), request(0, 64<<10, 1<<14))),
		in("a REQUEST of no bytes", saying(kind(wire.HaveNone), request(0, 0, 0))),
		in("a REQUEST of 256 KiB", saying(kind(wire.HaveNone), request(0, 0, 256<<10))),
		in("a REQUEST of a piece that we lack", saying(kind(wire.HaveNone), request(3, 0, 1<<14))),
		in("a REQUEST while choked", saying(kind(wire.HaveNone), request(0, 0, 1<<14))),
		in("HAVE ALL without the Fast extension", plain(kind(wire.HaveAll))),
		in("a REJECT without the Fast extension", plain(wire.Block{Length: 1 << 14}.Message(wire.Reject))),
		in("an ALLOWED FAST without the Fast extension", plain(wire.Message{Kind: wire.AllowedFast})),
		in("a SUGGEST of a piece that does not exist", saying(kind(wire.HaveNone), wire.Message{Kind: wire.Suggest, Index: 4})),
		in("a BITFIELD in the middle", func(p *puppet) {
			p.say(kind(wire.HaveNone), kind(wire.Interested), wire.Message{Kind: wire.Bitfield, Data: []byte{0x80}})
		}),
	}
}

// tiresome peers are within the letter of the protocol, and end all the same.
func tiresome() []stimulus {
	in := func(name string, script func(*puppet)) stimulus {
		return stimulus{name: name, has: half, do: func(e *encounter) { e.dial(time.Second, script) }}
	}
	repeat := func(n int, m wire.Message) []wire.Message { return slices.Repeat([]wire.Message{m}, n) }
	reject := func(piece uint32) wire.Message { return wire.Block{Index: piece, Length: 1}.Message(wire.Reject) }
	unasked := wire.Message{Kind: wire.Piece, Index: 3, Length: 1, Data: []byte{1}}
	return []stimulus{
		in("both are seeds", saying(kind(wire.HaveAll))).having(everything),
		{name: "two clients, both seeds", has: everything, do: func(e *encounter) { e.meet(client.Config{}, 0, everything, ourAddr) }},
		{name: "we become a seed", has: half, knows: theirAddr, do: func(e *encounter) { e.meet(client.Config{}, 0, everything, "") }},
		{name: "they become a seed", has: everything, do: func(e *encounter) { e.meet(client.Config{}, 0, half, ourAddr) }},
		in("a block that nobody asked for", saying(kind(wire.HaveNone), unasked)),
		in("seventeen blocks that nobody asked for", saying(repeat(17, unasked)...)),
		in("seventeen rejects for a piece that is not in progress", saying(append([]wire.Message{kind(wire.HaveNone)}, repeat(17, reject(0))...)...)),
		in("seventeen rejects of what was never asked for, of a piece in progress", func(p *puppet) {
			p.say(kind(wire.HaveAll), kind(wire.Unchoke))
			p.heard = func(f *frame) {
				if f.kind == wire.Request {
					p.heard = nil
					p.more(repeat(17, reject(f.block.Index))...)
				}
			}
		}),
		in("not a word after the handshake", func(p *puppet) { p.hello(false, 0) }).lasting(200 * time.Second),
		in("not a word but that they are interested", saying(kind(wire.HaveNone), kind(wire.Interested))).lasting(200 * time.Second),
		in("of no use, but alive", func(p *puppet) {
			p.say(kind(wire.HaveNone))
			for i := range 4 {
				p.after(time.Duration(i)*time.Minute, func() { p.more(kind(wire.KeepAlive)) })
			}
		}).lasting(200 * time.Second),
		in("every block is bad, and they come back", poison).lasting(time.Minute),
	}
}

func (s stimulus) having(pieces []int) stimulus {
	s.has = pieces
	return s
}

// poison serves nothing but zeros, and dials once more when it was cut off.
func poison(p *puppet) {
	p.say(kind(wire.HaveAll), kind(wire.Unchoke))
	p.heard = func(f *frame) {
		if f.kind == wire.Request {
			p.more(wire.Message{Kind: wire.Piece, Index: f.block.Index, Begin: f.block.Begin, Length: f.block.Length, Data: make([]byte, f.block.Length)})
		}
	}
	if len(p.e.scripts) == 1 {
		p.e.dial(20*time.Second, poison)
	}
}

// orders are what the user says.
func orders() []stimulus {
	with := func(name string, order func(e *encounter)) stimulus {
		return stimulus{name: name, has: half, do: func(e *encounter) {
			e.meet(client.Config{UpLimit: 1 << 10}, 0, everything, ourAddr)
			e.net.At(2*time.Second, func() { order(e) })
		}}
	}
	return []stimulus{
		with("we are stopped", func(e *encounter) { e.torrent.Stop() }),
		with("we are removed", func(e *encounter) { e.torrent.Remove() }),
		with("we are closed", func(e *encounter) { e.us.client.Close() }),
		with("we are paused", func(e *encounter) { e.torrent.Pause() }),
		with("they are stopped", func(e *encounter) { e.others[0].client.Torrents()[0].Stop() }),
		switched(),
	}
}

// switched has the tracker of a private torrent name them, and fail the next time.
func switched() stimulus {
	return stimulus{
		name: "the tracker of a private torrent has failed, and we turn to the next", until: 3 * time.Minute, has: half,
		trackers: []string{"http://10.1.0.3/announce", "http://10.1.0.4/announce"},
		do: func(e *encounter) {
			e.listen(saying(kind(wire.HaveAll), kind(wire.Unchoke)))
			asked := 0
			e.track("first", "10.1.0.3", func(w http.ResponseWriter, _ *http.Request) {
				if asked++; asked > 1 {
					http.Error(w, "broken", http.StatusInternalServerError)
					return
				}
				_, _ = io.WriteString(w, "d8:intervali60e5:peers6:\x0a\x01\x00\x02\x1a\xe1e") // 10.1.0.2:6881
			})
			e.track("second", "10.1.0.4", func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, "d8:intervali60e5:peers0:e")
			})
		},
	}
}

// track makes the host of a tracker.
func (e *encounter) track(name, addr string, answer http.HandlerFunc) {
	e.net.NewHost(name, netip.MustParseAddr(addr), simnet.LinkConfig{Latency: 10 * time.Millisecond}).ServeHTTP(80, answer)
}
