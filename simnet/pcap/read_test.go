package pcap

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// recorded is a file, read back.
type recorded struct {
	section    pcapgo.NgSectionInfo
	interfaces []string // their names
	described  []string // their descriptions
	packets    []packet
}

// packet is one of it, taken apart by gopacket.
type packet struct {
	at       time.Time
	on       string // the interface
	flags    direction
	comment  string
	src, dst netip.AddrPort
	tcp      *layers.TCP // nil: it is a datagram
	payload  []byte
}

// parse reads a file with pcapgo. What is not as the format has it, or not as
// all our captures are, fails the test.
func parse(t *testing.T, text []byte) (r recorded) {
	t.Helper()
	file, err := pcapgo.NewNgReader(bytes.NewReader(text), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	r.section = file.SectionInfo()
	for {
		data, about, o, err := file.ReadPacketDataWithOptions()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("packet %d: %v", len(r.packets), err)
		}
		if o.Flags == nil || len(o.Comments) > 1 || about.Length != len(data) {
			t.Fatalf("packet %d: %+v with %+v", len(r.packets), about, o)
		}
		on, err := file.Interface(about.InterfaceIndex)
		if err != nil {
			t.Fatalf("packet %d: %v", len(r.packets), err)
		}
		p := decode(t, data)
		p.at, p.on, p.flags, p.comment = about.Timestamp, on.Name, o.Flags.Direction, strings.Join(o.Comments, "")
		r.packets = append(r.packets, p)
	}
	for id := range file.NInterfaces() {
		i, err := file.Interface(id)
		if err != nil || i.LinkType != layers.LinkTypeRaw || i.TimestampResolution != nanoseconds || i.SnapLength != 0 || i.OS != "" {
			t.Fatalf("interface %+v, %v", i, err)
		}
		r.interfaces, r.described = append(r.interfaces, i.Name), append(r.described, i.Description)
	}
	return r
}

// nanoseconds is the resolution of time stamps, as a negative power of ten.
const nanoseconds pcapgo.NgResolution = 9

// decode takes a packet apart and has gopacket compute its checksums anew.
func decode(t *testing.T, data []byte) (p packet) {
	t.Helper()
	first := gopacket.Decoder(layers.LayerTypeIPv6)
	if data[0]>>4 == 4 {
		first = layers.LayerTypeIPv4
	}
	g := gopacket.NewPacket(data, first, gopacket.NoCopy)
	if e := g.ErrorLayer(); e != nil {
		t.Fatalf("packet %x: %v", data, e.Error())
	}
	if l, ok := g.TransportLayer().(checksummed); ok {
		if err := l.SetNetworkLayerForChecksum(g.NetworkLayer()); err != nil {
			t.Fatal(err)
		}
	}
	if err, wrong := g.VerifyChecksums(); err != nil || len(wrong) > 0 {
		t.Fatalf("packet %v: checksums: %v, %v", g, err, wrong)
	}
	var sport, dport uint16
	switch l := g.TransportLayer().(type) {
	case *layers.TCP:
		p.tcp, p.payload = l, l.Payload
		sport, dport = uint16(l.SrcPort), uint16(l.DstPort)
	case *layers.UDP:
		p.payload = l.Payload
		sport, dport = uint16(l.SrcPort), uint16(l.DstPort)
	}
	from, to := g.NetworkLayer().NetworkFlow().Endpoints()
	src, _ := netip.AddrFromSlice(from.Raw())
	dst, _ := netip.AddrFromSlice(to.Raw())
	p.src, p.dst = netip.AddrPortFrom(src, sport), netip.AddrPortFrom(dst, dport)
	return p
}

// flagsOf names what is set in a segment, as in "SA".
func flagsOf(s *layers.TCP) string {
	text := ""
	for _, f := range []struct {
		set  bool
		name string
	}{{s.SYN, "S"}, {s.FIN, "F"}, {s.RST, "R"}, {s.ACK, "A"}} {
		if f.set {
			text += f.name
		}
	}
	return text
}

// seen is the TCP that an interface has shown, in the notation of flagsOf, with >
// for what left and < for what came, and D for data.
func (r *recorded) seen(on string) string {
	text := ""
	for _, p := range r.packets {
		if p.on != on || p.tcp == nil {
			continue
		}
		if text != "" {
			text += " "
		}
		text += map[direction]string{outbound: ">", inbound: "<"}[p.flags] + flagsOf(p.tcp)
		if len(p.payload) > 0 {
			text += "D"
		}
	}
	return text
}

// comments lists all comments, with their interfaces.
func (r *recorded) comments() (list []string) {
	for _, p := range r.packets {
		if p.comment != "" {
			list = append(list, p.on+": "+p.comment)
		}
	}
	return list
}

// half is one direction of the conversation of an interface.
type half struct {
	began, ended bool
	next         uint32 // sequence number
	acked        uint32 // by the other half
	stamp        uint32
	data         bytes.Buffer
}

// follow reads the conversation of an interface as TCP: each segment begins
// where the one before ended, acknowledges nothing that was not sent and never
// less than before, and is no longer than agreed upon. It returns what was said
// out of the interface, and into it.
func (r *recorded) follow(t *testing.T, on string) (out, in *half) {
	t.Helper()
	halves := map[direction]*half{outbound: {}, inbound: {}}
	var before time.Time
	for i, p := range r.packets {
		if p.on != on || p.tcp == nil {
			continue
		}
		s, own, other := p.tcp, halves[p.flags], halves[outbound+inbound-p.flags]
		if p.at.Before(before) {
			t.Errorf("packet %d on %s: back in time", i, on)
		}
		before = p.at
		most := 1460
		if p.src.Addr().Is6() {
			most = 1440
		}
		var stamped bool
		for _, o := range s.Options {
			switch o.OptionType {
			case layers.TCPOptionKindMSS:
				if got := int(binary.BigEndian.Uint16(o.OptionData)); !s.SYN || got != most {
					t.Errorf("packet %d on %s: MSS %d", i, on, got)
				}
			case layers.TCPOptionKindTimestamps:
				stamp, echo := binary.BigEndian.Uint32(o.OptionData), binary.BigEndian.Uint32(o.OptionData[4:])
				stamped = stamp >= own.stamp && echo == other.stamp
				own.stamp = stamp
			}
		}
		if !stamped && !s.RST || len(p.payload) > most-timestampsLength {
			t.Errorf("packet %d on %s: %d bytes, timestamps right: %v", i, on, len(p.payload), stamped)
		}
		switch {
		case s.SYN:
			if own.began || s.ACK != other.began {
				t.Errorf("packet %d on %s: SYN out of place", i, on)
			}
			own.began, own.next, own.acked = true, s.Seq, s.Seq
		case s.Seq != own.next || own.ended && len(p.payload) > 0:
			t.Errorf("packet %d on %s: begins at %d, want %d", i, on, s.Seq, own.next)
		}
		own.data.Write(p.payload)
		own.next += uint32(len(p.payload))
		if s.SYN || s.FIN {
			own.next++
		}
		own.ended = own.ended || s.FIN
		if s.ACK {
			// As RFC 9293 compares: modulo 2³².
			if int32(s.Ack-other.acked) < 0 || int32(other.next-s.Ack) < 0 {
				t.Errorf("packet %d on %s: acknowledges %d; before it was %d, and %d is next", i, on, s.Ack, other.acked, other.next)
			}
			other.acked = s.Ack
		}
	}
	return halves[outbound], halves[inbound]
}
