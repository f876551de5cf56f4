// Package pcap writes what happens on a simulated internet as a capture that
// Wireshark reads: a pcapng file with an interface for each host.
//
// A simulated internet has datagrams, but no segments of TCP: only streams that
// open, carry bytes and close. So the segments are made up here, as a host at
// one end of a stream would see them: a handshake, data in segments of at most
// the MSS, an acknowledgement for all that arrives, FIN or RST. Nothing is
// repeated, as nothing of a stream gets lost but with it, and windows never fill:
// how simnet slows a sender down does not show.
//
// # Where a packet appears
//
// Wireshark tells conversations by addresses and ports, not by interfaces. A
// packet that is in the file twice, as sent and as received, is a retransmission
// to it: marked in black, and not dissected. Therefore, if no hosts are chosen,
// each stream is captured at one place, at the host that dialled, in both
// directions: the whole file is free of false alarms, and what an interface shows
// are whole conversations. With Options.Hosts these hosts see all of their own
// streams: one host gives a clean capture of all that it said and heard. Of
// several, a stream between two is there twice; a filter by interface, saved to a
// file of its own, is the clean capture of one of them. Datagrams have no sequence
// that could be disturbed: each appears at its sender when it is sent, and at its
// receiver when it arrives, if it does.
//
// What leaves a host is what its program has sent; what arrives is what came out
// of the network, with all that has happened to it on the way. What is dropped is
// written at its sender alone, with a comment that says why. If that turns out
// only when it has left, the comment is a packet of its own, see
// [Capture.Comment].
//
// A Capture only looks: the run is the same without it. It keeps a few words for
// each open stream and nothing of what was said; the same run gives the same
// bytes.
package pcap

import (
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"bt/simnet"
)

// Options say what a capture is about.
type Options struct {
	Program string   // that captures, for the section header
	Comment string   // on the whole, for the section header
	Hosts   []string // names of the hosts to capture at; none: all, and each stream once
}

// Capture is a capture under way. It belongs to the goroutine of its internet.
type Capture struct {
	net      *simnet.Internet
	opt      Options
	file     *file
	form     *former
	ids      map[*simnet.Host]int // of interfaces
	runID    int                  // the interface for comments on no host; -1: none yet
	talks    map[uint64]*conversation
	firstSeq func(stream uint64, dialer bool) uint32
}

// Start captures all that happens on net from now on, in the format pcapng. It
// must come before there are any streams. What is written to w is buffered: at the
// end there must be a [Capture.Flush].
func Start(net *simnet.Internet, w io.Writer, opt Options) *Capture {
	c := &Capture{
		net: net, opt: opt, file: newFile(w, opt.Program, opt.Comment), form: newFormer(), runID: -1,
		ids: make(map[*simnet.Host]int), talks: make(map[uint64]*conversation), firstSeq: firstSeq,
	}
	for _, h := range net.Hosts() {
		c.interfaceOf(h)
	}
	if len(c.ids) == 0 {
		c.interfaceOfRun() // a file must have an interface
	}
	net.TapWire(c.tap)
	return c
}

// Flush writes what has not been written yet. It returns the first error of
// writing since the start, after which nothing more is written.
func (c *Capture) Flush() error { return c.file.flush() }

// Comment puts text into the capture now, at the interface of a host, or at one
// called "run" when there is no such host or it is not captured. A comment in
// pcapng is always on a packet, and the next one of the host may be minutes away:
// so it gets a packet of its own, from the host to itself in the format of syslog,
// which shows the text in the list of packets too.
func (c *Capture) Comment(host, text string) {
	id, ok := c.interfaceOf(c.net.Host(host))
	if !ok {
		id = c.interfaceOfRun()
	}
	c.remark(id, severe, text)
}

// remark is Comment with a severity.
func (c *Capture) remark(id int, severity, text string) {
	text = cut(text, remarkMax)
	c.write(id, outbound, text, c.form.datagram(syslog, syslog, []byte(severity+text)))
}

// syslog is where comments are sent from and to.
var syslog = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 514)

// remarkMax bounds a comment: its packet is to fit into a datagram, and be read.
const remarkMax = 8 << 10

// A message of syslog begins with its facility, a program of the user, and its
// severity. RFC 5424: "The Priority value is calculated by first multiplying the
// Facility number by 8 and then adding the numerical value of the Severity."
const (
	severe = "<11>"
	notice = "<13>"
)

// interfaceOf is the interface of a host, if the host is captured.
func (c *Capture) interfaceOf(h *simnet.Host) (id int, ok bool) {
	if h == nil || len(c.opt.Hosts) > 0 && !slices.Contains(c.opt.Hosts, h.Name()) {
		return 0, false
	}
	id, ok = c.ids[h]
	if !ok {
		var addrs []string
		for _, a := range h.Addrs() {
			addrs = append(addrs, a.String())
		}
		id = c.file.addInterface(h.Name(), fmt.Sprintf("%s at %s", h.Name(), strings.Join(addrs, ", ")))
		c.ids[h] = id
	}
	return id, true
}

func (c *Capture) interfaceOfRun() int {
	if c.runID < 0 {
		c.runID = c.file.addInterface("run", "comments that are about no captured host")
	}
	return c.runID
}

// write writes a packet that passes an interface now.
func (c *Capture) write(id int, d direction, comment string, data []byte) {
	c.file.packet(id, c.net.Now(), d, comment, data)
}

// tap hears of all that passes an interface.
func (c *Capture) tap(e simnet.WireEvent) {
	if c.file.err != nil {
		return
	}
	if e.Kind == simnet.WirePacket {
		c.tapPacket(&e)
		return
	}
	t := c.talks[e.Stream]
	if t == nil {
		if e.Kind != simnet.WireOpen || e.Way != simnet.Leaves {
			return // it is over, as far as there can be packets of it
		}
		t = &conversation{capture: c, stream: e.Stream}
		c.talks[e.Stream] = t
	}
	t.handle(&e)
	if t.over() {
		delete(c.talks, e.Stream)
	}
}

// tapPacket hears of datagrams.
func (c *Capture) tapPacket(e *simnet.WireEvent) {
	id, ok := c.interfaceOf(e.Host)
	if !ok || e.Src.Addr().Is4() != e.Dst.Addr().Is4() {
		return
	}
	switch e.Way {
	case simnet.Leaves:
		c.write(id, outbound, e.Lost, c.form.datagram(e.Src, e.Dst, e.Data))
	case simnet.Arrives:
		if e.Src.Addr() == e.Dst.Addr() {
			return // a host that speaks to itself: it was written when it was sent
		}
		c.write(id, inbound, "", c.form.datagram(e.Src, e.Dst, e.Data))
	case simnet.Missing:
		c.remark(id, notice, fmt.Sprintf("datagram of %d bytes from %v to %v: %s", len(e.Data), e.Src, e.Dst, e.Lost))
	}
}

// segments writes a segment of TCP, or as many as its data takes, and moves the
// sequence number on.
func (c *Capture) segments(id int, d direction, s *segment, next *uint32, data []byte, comment string) {
	most := mssFor(s.src.Addr()) - timestampsLength
	for {
		n := min(len(data), most)
		s.seq = *next
		s.push = n > 0 && n == len(data)
		c.write(id, d, comment, c.form.tcpSegment(s, data[:n]))
		*next += uint32(n)
		if s.syn || s.fin {
			*next++
		}
		if data = data[n:]; len(data) == 0 {
			return
		}
	}
}

// stamp is the time for the timestamps option.
func (c *Capture) stamp() uint32 { return 1 + uint32(c.net.Now().Sub(simnet.Epoch).Milliseconds()) }

// firstSeq is the first sequence number of an end: different for each, and the
// same in every run.
func firstSeq(stream uint64, dialer bool) uint32 {
	x := 2 * stream
	if dialer {
		x++
	}
	return uint32(x * goldenRatio >> 32)
}

// goldenRatio spreads small numbers over all of a word.
const goldenRatio = 0x9e3779b97f4a7c15
