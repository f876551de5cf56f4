package pcap

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

const (
	// mtu is that of Ethernet: what Wireshark's users are used to see.
	mtu = 1500

	// Lengths of headers without options.
	ipv4Header, ipv6Header, tcpHeader = 20, 40, 20

	// timestampsLength is that of the option with its padding, in every segment.
	timestampsLength = 12

	// hopLimit is the usual one of Linux. Nothing is said about routers on the way.
	hopLimit = 64

	// windowScale lets every segment offer 128 MiB, twice what simnet ever lets a
	// stream have on its way: no window seems to be full.
	window, windowScale = 65535, 11
)

// former serialises packets. What it returns is valid until the next call.
type former struct {
	buf  gopacket.SerializeBuffer
	ip4  layers.IPv4
	ip6  layers.IPv6
	tcp  layers.TCP
	udp  layers.UDP
	opts []layers.TCPOption
}

func newFormer() *former { return &former{buf: gopacket.NewSerializeBuffer()} }

// mssFor is what fits between the headers of IP and TCP, as RFC 9293 counts it:
// without options.
func mssFor(a netip.Addr) int {
	if a.Is4() {
		return mtu - ipv4Header - tcpHeader
	}
	return mtu - ipv6Header - tcpHeader
}

// segment is what there is to say in a segment of TCP.
type segment struct {
	src, dst         netip.AddrPort
	seq, ack         uint32
	syn, fin, rst    bool
	acks             bool // ack means something
	push             bool
	stamp, stampEcho uint32 // in milliseconds
}

// tcpSegment serialises a segment with its data.
func (f *former) tcpSegment(s *segment, data []byte) []byte {
	f.opts = f.opts[:0]
	if s.syn {
		f.opts = append(f.opts,
			layers.TCPOption{OptionType: layers.TCPOptionKindMSS, OptionLength: 4, OptionData: binary.BigEndian.AppendUint16(nil, uint16(mssFor(s.src.Addr())))},
			layers.TCPOption{OptionType: layers.TCPOptionKindNop},
			layers.TCPOption{OptionType: layers.TCPOptionKindWindowScale, OptionLength: 3, OptionData: []byte{windowScale}},
		)
	}
	if !s.rst {
		stamps := binary.BigEndian.AppendUint32(nil, s.stamp)
		f.opts = append(f.opts,
			layers.TCPOption{OptionType: layers.TCPOptionKindNop}, layers.TCPOption{OptionType: layers.TCPOptionKindNop},
			layers.TCPOption{OptionType: layers.TCPOptionKindTimestamps, OptionLength: 10, OptionData: binary.BigEndian.AppendUint32(stamps, s.stampEcho)},
		)
	}
	ack := s.ack
	if !s.acks {
		ack = 0
	}
	f.tcp = layers.TCP{
		SrcPort: layers.TCPPort(s.src.Port()), DstPort: layers.TCPPort(s.dst.Port()),
		Seq: s.seq, Ack: ack, SYN: s.syn, ACK: s.acks, FIN: s.fin, RST: s.rst, PSH: s.push,
		Window: window, Options: f.opts,
	}
	return f.serialise(s.src.Addr(), s.dst.Addr(), layers.IPProtocolTCP, &f.tcp, &f.tcp, data)
}

// datagram serialises a datagram of UDP. It is not fragmented, whatever its size:
// an interface may have a large MTU.
func (f *former) datagram(src, dst netip.AddrPort, data []byte) []byte {
	f.udp = layers.UDP{SrcPort: layers.UDPPort(src.Port()), DstPort: layers.UDPPort(dst.Port())}
	return f.serialise(src.Addr(), dst.Addr(), layers.IPProtocolUDP, &f.udp, &f.udp, data)
}

// checksummed is a layer whose checksum is over the addresses of IP too.
type checksummed interface {
	SetNetworkLayerForChecksum(gopacket.NetworkLayer) error
}

// serialise puts the header of IP in front of a layer and its payload.
func (f *former) serialise(src, dst netip.Addr, proto layers.IPProtocol, sum checksummed, layer gopacket.SerializableLayer, data []byte) []byte {
	var ip interface {
		gopacket.NetworkLayer
		gopacket.SerializableLayer
	}
	if src.Is4() {
		f.ip4 = layers.IPv4{
			Version: 4, TTL: hopLimit, Flags: layers.IPv4DontFragment, Protocol: proto,
			SrcIP: src.AsSlice(), DstIP: dst.AsSlice(),
		}
		ip = &f.ip4
	} else {
		f.ip6 = layers.IPv6{Version: 6, HopLimit: hopLimit, NextHeader: proto, SrcIP: src.AsSlice(), DstIP: dst.AsSlice()}
		ip = &f.ip6
	}
	err := sum.SetNetworkLayerForChecksum(ip)
	if err == nil {
		options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
		err = gopacket.SerializeLayers(f.buf, options, ip, layer, gopacket.Payload(data))
	}
	if err != nil {
		panic(fmt.Sprintf("pcap: packet of %d bytes from %v to %v: %v", len(data), src, dst, err))
	}
	return f.buf.Bytes()
}
