package pcap

import (
	"bytes"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket/pcapgo"

	"bt/simnet"
	"bt/transport"
)

// world is two hosts, a and b, which both listen, and a capture.
type world struct {
	*simnet.Internet
	t       *testing.T
	a, b    *simnet.Host
	file    bytes.Buffer
	capture *Capture
}

const port = 7000

var link = simnet.LinkConfig{Up: 1 << 20, Down: 1 << 20, Latency: 10 * time.Millisecond}

var (
	two4 = [2]netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")}
	two6 = [2]netip.Addr{netip.MustParseAddr("fd00::1"), netip.MustParseAddr("fd00::2")}
)

func newWorld(t *testing.T, addrs [2]netip.Addr, hosts ...string) *world {
	w := &world{Internet: simnet.New(1), t: t}
	w.a, w.b = w.NewHost("a", addrs[0], link), w.NewHost("b", addrs[1], link)
	w.capture = Start(w.Internet, &w.file, Options{Program: "test", Comment: "about", Hosts: hosts})
	return w
}

// talker is a program at one end of a stream.
type talker struct {
	stream transport.Stream
	say    []byte // when it opens
	close  int    // after so many bytes; 0: never
	got    bytes.Buffer
	err    error
	ended  bool
}

func (p *talker) Opened() {
	if len(p.say) > 0 {
		p.stream.Send(p.say)
	}
}

func (p *talker) Received(b []byte) {
	p.got.Write(b)
	if p.got.Len() == p.close {
		p.stream.Close()
	}
}

func (p *talker) Sent(int)         {}
func (p *talker) Closed(err error) { p.ended, p.err = true, err }

// dial connects x and y.
func (w *world) dial(from, to *simnet.Host, x, y *talker) {
	w.t.Helper()
	_, _, err := to.Net().Listen(netip.AddrPortFrom(to.Addr(), port), func(s transport.Stream) transport.Handler {
		y.stream = s
		return y
	})
	if err != nil {
		w.t.Fatal(err)
	}
	x.stream = from.Net().Dial(netip.AddrPortFrom(to.Addr(), port), x)
}

// end runs to the end and reads the file. Nothing is kept of streams then.
func (w *world) end() recorded {
	w.t.Helper()
	for w.Step() {
	}
	if err := w.capture.Flush(); err != nil || len(w.capture.talks) != 0 {
		w.t.Errorf("error %v, %d conversations are kept", err, len(w.capture.talks))
	}
	return parse(w.t, w.file.Bytes())
}

func text(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7 >> 3)
	}
	return b
}

func (w *world) want(what, got, want string) {
	w.t.Helper()
	if got != want {
		w.t.Errorf("%s:\n%s\nwant\n%s", what, got, want)
	}
}

// TestConversation: a whole conversation, as each end sees it, over both families
// and over the wrap of sequence numbers.
func TestConversation(t *testing.T) {
	for _, tt := range []struct {
		name  string
		addrs [2]netip.Addr
		hosts []string
		first uint32 // sequence number; 0: as it comes
	}{
		{"IPv4", two4, []string{"a", "b"}, 0},
		{"IPv6", two6, []string{"a", "b"}, 0},
		{"wrap", two4, []string{"a", "b"}, 1<<32 - 5000},
		{"wrap within the handshake", two4, []string{"a", "b"}, 1<<32 - 1},
		{"once", two4, nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, tt.addrs, tt.hosts...)
			if tt.first != 0 {
				w.capture.firstSeq = func(uint64, bool) uint32 { return tt.first }
			}
			x := &talker{say: text(100_000), close: 30_000}
			y := &talker{say: text(30_000)}
			w.dial(w.a, w.b, x, y)
			r := w.end()
			if !slices.Equal(r.interfaces, []string{"a", "b"}) || r.described[1] != "b at "+tt.addrs[1].String() {
				t.Errorf("interfaces %q, %q", r.interfaces, r.described)
			}
			// It says nothing of the machine that has written it.
			if want := (pcapgo.NgSectionInfo{Application: "test", Comment: "about"}); r.section != want {
				t.Errorf("section %+v, want %+v", r.section, want)
			}
			seen := r.seen("a")
			if !strings.HasPrefix(seen, ">S <SA >A >AD ") || strings.Contains(seen, "R") {
				t.Errorf("a sees %s", seen)
			}
			out, in := r.follow(t, "a")
			if !bytes.Equal(out.data.Bytes(), y.got.Bytes()) || !bytes.Equal(in.data.Bytes(), y.say) || !out.ended || !in.ended {
				t.Errorf("a sends %d bytes and gets %d; ended: %v, %v", out.data.Len(), in.data.Len(), out.ended, in.ended)
			}
			if out.acked != out.next || in.acked != in.next {
				t.Error("a does not see all acknowledged")
			}
			if tt.first != 0 && out.next >= tt.first {
				t.Errorf("no wrap: %d is next after %d", out.next, tt.first)
			}
			if tt.hosts == nil {
				w.want("b, which did not dial, sees", r.seen("b"), "")
				return
			}
			out, in = r.follow(t, "b")
			if !bytes.Equal(in.data.Bytes(), y.got.Bytes()) || !bytes.Equal(out.data.Bytes(), y.say) || !out.ended || !in.ended {
				t.Errorf("b gets %d bytes and sends %d; ended: %v, %v", in.data.Len(), out.data.Len(), in.ended, out.ended)
			}
		})
	}
}

// TestTimes: a packet is at its sender when it is sent, and at its receiver when
// it arrives.
func TestTimes(t *testing.T) {
	w := newWorld(t, two4, "a", "b")
	x, y := &talker{say: []byte("hello"), close: 3}, &talker{say: []byte("bye")}
	w.dial(w.a, w.b, x, y)
	r := w.end()
	at := func(on, data string) time.Duration {
		for _, p := range r.packets {
			if p.on == on && string(p.payload) == data {
				return p.at.Sub(simnet.Epoch)
			}
		}
		t.Fatalf("%q is not on %s", data, on)
		return 0
	}
	if d := at("b", "hello") - at("a", "hello"); d < 20*time.Millisecond || d > 21*time.Millisecond {
		t.Errorf("hello takes %v, want 20 ms and what the links take", d)
	}
	w.want("a sees", r.seen("a"), ">S <SA >A >AD <AD >A >FA <A <A <FA >A")
}

func TestRefused(t *testing.T) {
	w := newWorld(t, two4, "a", "b")
	x := &talker{}
	x.stream = w.a.Net().Dial(netip.AddrPortFrom(w.b.Addr(), port), x)
	r := w.end()
	if x.err != transport.ErrRefused {
		t.Fatalf("closed with %v", x.err)
	}
	w.want("a sees", r.seen("a"), ">S <RA")
	w.want("b sees", r.seen("b"), "<S >RA")
	syn := r.packets[0].tcp
	for _, p := range r.packets {
		if s := p.tcp; s.RST && (s.Seq != 0 || s.Ack != syn.Seq+1) {
			t.Errorf("RST at %d on %s acknowledges %d, of SYN %d", s.Seq, p.on, s.Ack, syn.Seq)
		}
	}
}

func TestNobodyAnswers(t *testing.T) {
	w := newWorld(t, two4, "a")
	w.b.SetIncoming(simnet.Ignore)
	w.dial(w.a, w.b, &talker{}, &talker{})
	w.a.Net().Dial(netip.MustParseAddrPort("10.9.9.9:1"), &talker{})
	r := w.end()
	w.want("a sees", r.seen("a"), ">S >S")
	w.want("comments", strings.Join(r.comments(), "\n"), `a: nothing has this address
a: dial from 10.0.0.1:49153 to 10.9.9.9:1: `+transport.ErrUnreachable.Error()+`
a: dial from 10.0.0.1:49152 to 10.0.0.2:7000: `+transport.ErrDialTimeout.Error())
}

// TestLateAnswer: whoever accepts a dial that was given up gets a reset.
func TestLateAnswer(t *testing.T) {
	w := newWorld(t, two4, "a", "b")
	x := &talker{}
	w.dial(w.a, w.b, x, &talker{})
	x.stream.Close()
	r := w.end()
	w.want("a sees", r.seen("a"), ">S <SA >RA")
	w.want("b sees", r.seen("b"), "<S >SA <RA")
}

// TestEnds: how streams end otherwise than by one Close in peace. What the two
// ends see is behind the handshake and a first message of a's.
func TestEnds(t *testing.T) {
	for _, tt := range []struct {
		name     string
		trouble  func(w *world, x, y *talker)
		a, b     string
		comments string
	}{
		{
			"reset on the way", func(w *world, x, y *talker) { w.ResetStreams(w.a, w.b) },
			"<RA", "<RA", "a: reset by something on the way; b: reset by something on the way",
		},
		{
			"reset by the interceptor", func(w *world, x, y *talker) {
				w.Intercept(func(p simnet.Passage) simnet.Verdict {
					return simnet.Verdict{N: len(p.Data), Do: simnet.Reset}
				})
				x.stream.Send([]byte("bad word"))
			},
			">AD <RA", "<AD >A <RA", "a: reset by something on the way; b: reset by something on the way",
		},
		{
			"both close at once", func(w *world, x, y *talker) { x.stream.Close(); y.stream.Close() },
			">FA <A <FA >A", ">FA <FA >A <A", "",
		},
		{
			"data crosses the close",
			func(w *world, x, y *talker) {
				y.stream.Send([]byte("crossing"))
				w.RunUntil(w.Now().Add(5 * time.Millisecond))
				x.stream.Close()
			},
			">FA <AD >RA", ">AD <FA >A >FA <RA", "",
		},
		{
			"what is under way comes before the close",
			func(w *world, x, y *talker) {
				x.stream.Close()
				w.RunUntil(w.Now().Add(15 * time.Millisecond))
				y.stream.Send([]byte("too late"))
			},
			">FA <A <AD <FA >A", ">AD <FA >A >FA <A", "",
		},
		{
			"last words", func(w *world, x, y *talker) {
				slow := link
				slow.Down = 1000
				w.a.SetLink(slow)
				y.stream.Send(text(200))
				w.RunUntil(w.Now().Add(100 * time.Millisecond))
				w.b.Kill()
			},
			"<AD >A <AD >A >RA", ">AD >AD", "a: given up: connection timed out",
		},
		{
			"no acknowledgement", func(w *world, x, y *talker) {
				w.Partition([]*simnet.Host{w.a}, []*simnet.Host{w.b})
				x.stream.Send([]byte("lost"))
			},
			">AD >RA", ">RA", "a: given up: connection timed out; b: given up: connection timed out",
		},
		{
			"the power fails", func(w *world, x, y *talker) { w.b.Kill(); x.stream.Send([]byte("lost")) },
			">AD >RA", "", "a: given up: connection timed out",
		},
		{
			"a new life", func(w *world, x, y *talker) {
				w.b.Kill()
				x.stream.Send([]byte("who?"))
				w.RunUntil(w.Now().Add(time.Second))
				w.b.Restart()
			},
			">AD <RA", ">RA", "",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, two4, "a", "b")
			x, y := &talker{say: []byte("hello")}, &talker{}
			w.dial(w.a, w.b, x, y)
			w.RunUntil(w.Now().Add(time.Second))
			tt.trouble(w, x, y)
			r := w.end()
			w.want("a sees", r.seen("a"), strings.TrimSpace(">S <SA >A >AD <A "+tt.a))
			w.want("b sees", r.seen("b"), strings.TrimSpace("<S >SA <A <AD >A "+tt.b))
			w.want("comments", strings.Join(r.comments(), "; "), tt.comments)
			r.follow(t, "a")
			r.follow(t, "b")
		})
	}
}

// TestChangedOnTheWay: each end shows what it has sent, and what it has got.
func TestChangedOnTheWay(t *testing.T) {
	w := newWorld(t, two4, "a", "b")
	dirty := link
	dirty.Corrupt = 2_000_000 // one byte in five hundred
	w.b.SetLink(dirty)
	w.Intercept(func(p simnet.Passage) simnet.Verdict {
		if p.Offset < 1000 {
			return simnet.Verdict{N: min(len(p.Data), 1000-int(p.Offset)), Do: simnet.Drop}
		}
		return simnet.Verdict{N: len(p.Data)}
	})
	x, y := &talker{say: text(50_000)}, &talker{close: 49_000}
	w.dial(w.a, w.b, x, y)
	r := w.end()
	out, _ := r.follow(t, "a")
	_, in := r.follow(t, "b")
	if !bytes.Equal(out.data.Bytes(), x.say) {
		t.Error("a has not sent what it has sent")
	}
	if !bytes.Equal(in.data.Bytes(), y.got.Bytes()) || bytes.Equal(y.got.Bytes(), x.say[1000:]) {
		t.Error("b does not show what it got, or nothing was damaged")
	}
	w.want("comments", strings.Join(r.comments(), "; "), "a: dropped by the interceptor")
}

// TestNAT: each end shows the addresses that it sees.
func TestNAT(t *testing.T) {
	w := newWorld(t, two4, "a", "b")
	outside := netip.MustParseAddr("192.0.2.1")
	w.NewNAT(outside, simnet.NATConfig{}).Join(w.a)
	w.dial(w.a, w.b, &talker{say: []byte("hello"), close: 3}, &talker{say: []byte("bye")})
	r := w.end()
	for _, p := range r.packets {
		inside, want := p.src.Addr(), map[string]netip.Addr{"a": two4[0], "b": outside}[p.on]
		if (p.on == "a") == (p.flags == inbound) {
			inside = p.dst.Addr()
		}
		if inside != want {
			t.Errorf("%s sees %v → %v, want %v at the end behind the NAT", p.on, p.src, p.dst, want)
		}
	}
	r.follow(t, "a")
	r.follow(t, "b")
}

func TestDatagrams(t *testing.T) {
	for _, addrs := range [][2]netip.Addr{two4, two6} {
		w := newWorld(t, addrs)
		listen := func(h *simnet.Host) transport.PacketConn {
			c, err := h.Net().ListenPacket(netip.AddrPortFrom(h.Addr(), port), func(netip.AddrPort, []byte) {})
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		a, b := listen(w.a), listen(w.b)
		a.Send(b.LocalAddr(), []byte("hello"))
		b.Send(a.LocalAddr(), text(5000))
		a.Send(a.LocalAddr(), []byte("myself"))
		w.RunUntil(w.Now().Add(time.Second))
		lossy := link
		lossy.Loss = 1_000_000
		w.b.SetLink(lossy)
		a.Send(b.LocalAddr(), []byte("lost"))
		w.RunUntil(w.Now().Add(time.Second))
		w.b.SetLink(link)
		a.Send(b.LocalAddr(), []byte("late"))
		w.RunUntil(w.Now().Add(15 * time.Millisecond))
		w.b.Kill()
		r := w.end()
		var got []string
		for _, p := range r.packets {
			said := string(p.payload)
			got = append(got, p.on+map[direction]string{outbound: ">", inbound: "<"}[p.flags]+said[:min(len(said), 6)])
			if len(said) == 5000 && said != string(text(5000)) {
				t.Error("the long one differs")
			}
		}
		long := string(text(6))
		w.want("packets", strings.Join(got, "\n"), strings.Join([]string{
			"a>hello", "a>myself", "b>" + long, "b<hello", "a<" + long, "a>lost", "a>late", "a><13>da",
		}, "\n"))
		comments := r.comments()
		if len(comments) != 2 || comments[0] != "a: lost on the way" || !strings.Contains(comments[1], "a: datagram of 4 bytes from") {
			t.Errorf("comments: %q", comments)
		}
	}
}

// TestItself: a host that speaks to itself has one interface.
func TestItself(t *testing.T) {
	w := newWorld(t, two4, "a")
	x := &talker{say: []byte("hello"), close: 3}
	w.dial(w.a, w.a, x, &talker{say: []byte("bye")})
	r := w.end()
	w.want("a sees", r.seen("a"), ">S <SA >A <AD >A >AD >FA <A <A <FA >A")
	r.follow(t, "a")
}

func TestComment(t *testing.T) {
	w := newWorld(t, two4, "a")
	w.capture.Comment("a", "here")
	w.RunUntil(w.Now().Add(time.Second))
	w.capture.Comment("b", "not captured")
	w.capture.Comment("", strings.Repeat("ä", 1<<15))
	r := w.end()
	c := r.comments()
	if len(c) != 3 || c[0] != "a: here" || c[1] != "run: not captured" || !strings.HasPrefix(c[2], "run: ää") || strings.ContainsRune(c[2], '\uFFFD') {
		t.Errorf("comments: %.80q", c)
	}
	if p := r.packets[1]; p.at.Sub(simnet.Epoch) != time.Second || string(p.payload) != "<11>not captured" {
		t.Errorf("%q at %v", p.payload, p.at)
	}
}

// TestCaptureOnlyLooks: the run is the same with and without, and the same run
// gives the same bytes.
func TestCaptureOnlyLooks(t *testing.T) {
	var files [2][]byte
	var hashes [3]uint64
	for i := range hashes {
		n := simnet.New(5)
		a, b := n.NewHost("a", two4[0], link), n.NewHost("b", two4[1], link)
		var file bytes.Buffer
		var c *Capture
		if i < 2 {
			c = Start(n, &file, Options{})
		}
		w := &world{Internet: n, t: t}
		w.dial(a, b, &talker{say: text(100_000), close: 30_000}, &talker{say: text(30_000)})
		for n.Step() {
		}
		hashes[i] = n.Hash()
		if c != nil {
			if err := c.Flush(); err != nil {
				t.Fatal(err)
			}
			files[i] = file.Bytes()
		}
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("two captures differ")
	}
	if hashes[0] != hashes[2] {
		t.Error("capturing has changed the run")
	}
}

// TestNoHosts: a capture that finds nothing to capture is one that can be read.
func TestNoHosts(t *testing.T) {
	n := simnet.New(1)
	var file bytes.Buffer
	if err := Start(n, &file, Options{Program: "test"}).Flush(); err != nil {
		t.Fatal(err)
	}
	if r := parse(t, file.Bytes()); !slices.Equal(r.interfaces, []string{"run"}) || len(r.packets) != 0 {
		t.Errorf("interfaces %q, %d packets", r.interfaces, len(r.packets))
	}
}

// TestLongTexts: what an option cannot hold is cut off, and does no harm to what
// comes behind it.
func TestLongTexts(t *testing.T) {
	n := simnet.New(1)
	long := strings.Repeat("ä", 1<<16)
	a := n.NewHost(long, two4[0], link)
	var file bytes.Buffer
	c := Start(n, &file, Options{Program: long, Comment: long})
	c.Comment(a.Name(), "here")
	if err := c.Flush(); err != nil {
		t.Fatal(err)
	}
	r := parse(t, file.Bytes())
	want := long[:optionMax-1] // which is odd, and an ä has two bytes
	if r.section.Comment != want || r.section.Application != want || r.interfaces[0] != want || r.described[0] != want {
		t.Errorf("texts of %d, %d, %d and %d bytes, want the first %d", len(r.section.Comment), len(r.section.Application),
			len(r.interfaces[0]), len(r.described[0]), len(want))
	}
	if len(r.packets) != 1 || r.packets[0].comment != "here" {
		t.Errorf("%d packets", len(r.packets))
	}
}

// full is a disk with room for so many writes.
type full struct{ room, writes int }

var errFull = errors.New("full")

func (f *full) Write(p []byte) (int, error) {
	if f.writes++; f.writes > f.room {
		return 0, errFull
	}
	return len(p), nil
}

// TestWriteError: the first error of writing is kept, whenever it comes, nothing
// is written after it, and the run goes on.
func TestWriteError(t *testing.T) {
	for _, tt := range []struct {
		when    string
		room    int
		comment string
	}{
		{"at the beginning", 0, string(text(optionMax))}, // more than is buffered
		{"on the way", 10, ""},
	} {
		t.Run(tt.when, func(t *testing.T) {
			n := simnet.New(1)
			a, b := n.NewHost("a", two4[0], link), n.NewHost("b", two4[1], link)
			disk := &full{room: tt.room}
			c := Start(n, disk, Options{Comment: tt.comment})
			x := &talker{say: text(100_000)}
			w := &world{Internet: n, t: t}
			w.dial(a, b, x, &talker{close: 100_000})
			for n.Step() {
			}
			c.Comment("a", "nobody will read this")
			c.Comment("", "nor this, which needs an interface")
			if disk.writes != tt.room+1 || !x.ended {
				t.Errorf("%d writes; the run ended: %v", disk.writes, x.ended)
			}
			for range 2 {
				if err := c.Flush(); !errors.Is(err, errFull) || err.Error() != "pcap: write capture: full" || disk.writes != tt.room+1 {
					t.Errorf("error %v after %d writes", err, disk.writes)
				}
			}
		})
	}
}

// TestWriteErrorAtTheEnd: what fits into the buffer fails when it is flushed.
func TestWriteErrorAtTheEnd(t *testing.T) {
	if err := Start(simnet.New(1), &full{}, Options{}).Flush(); !errors.Is(err, errFull) {
		t.Errorf("error %v", err)
	}
}
