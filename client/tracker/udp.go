package tracker

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"time"
)

// The tracker protocol over UDP (BEP 15), for both sides. All numbers are in
// network byte order.

// UDPAction says what a datagram is about.
type UDPAction uint32

// The actions of BEP 15.
const (
	UDPConnect  UDPAction = 0
	UDPAnnounce UDPAction = 1
	UDPScrape   UDPAction = 2
	UDPError    UDPAction = 3
)

// String returns the action as the BEP calls it.
func (a UDPAction) String() string {
	switch a {
	case UDPConnect:
		return "connect"
	case UDPAnnounce:
		return "announce"
	case UDPScrape:
		return "scrape"
	case UDPError:
		return "error"
	}
	return fmt.Sprintf("action %d", uint32(a))
}

const (
	// udpProtocol stands where a connection id would be in a connect request.
	// BEP 15: "0x41727101980 // magic constant".
	udpProtocol = 0x41727101980

	udpRequestHead  = 8 + 4 + 4 // connection id, action, transaction id
	udpResponseHead = 4 + 4     // action, transaction id
	udpConnectLen   = udpResponseHead + 8
	udpAnnounceLen  = 98                      // of the request, without options
	udpAnnounceHead = udpResponseHead + 4 + 8 // of the response: interval, leechers, seeders
	udpScrapeEntry  = 3 * 4                   // seeders, completed, leechers

	// MaxUDPScrape is how many torrents one scrape over UDP can name. BEP 15:
	// "Up to about 74 torrents can be scraped at once."
	MaxUDPScrape = 74

	// MaxUDPPacket is the largest datagram that is parsed, in bytes: what an
	// Ethernet frame carries holds 200 IPv4 peers, as many as trackers give, and
	// some send larger ones in fragments.
	MaxUDPPacket = 8 << 10
)

// Errors of datagrams that are no answer, or no request.
var (
	errUDPShort    = errors.New("datagram too short")
	errUDPLong     = errors.New("datagram too long")
	errUDPProtocol = errors.New("not the UDP tracker protocol")
	errUDPAction   = errors.New("unknown action")
)

// UDPRequest is what a client sends to a tracker: a connect, an announce or a
// scrape.
type UDPRequest struct {
	Action      UDPAction
	Connection  uint64 // what the tracker gave; not in a connect
	Transaction uint32 // comes back in the answer

	Announce Announce   // of an announce; TrackerID has no place in it
	URLData  string     // of an announce: path and query of its URL (BEP 41)
	Hashes   [][20]byte // of a scrape, MaxUDPScrape at most
}

// Append appends the datagram to dst. A scrape of more torrents than fit is a
// mistake of the caller and panics.
func (r *UDPRequest) Append(dst []byte) []byte {
	connection := r.Connection
	if r.Action == UDPConnect {
		connection = udpProtocol
	}
	dst = binary.BigEndian.AppendUint64(dst, connection)
	dst = binary.BigEndian.AppendUint32(dst, uint32(r.Action))
	dst = binary.BigEndian.AppendUint32(dst, r.Transaction)
	switch r.Action {
	case UDPAnnounce:
		dst = appendUDPAnnounce(dst, &r.Announce)
		dst = appendURLData(dst, r.URLData)
	case UDPScrape:
		if len(r.Hashes) > MaxUDPScrape {
			panic(fmt.Sprintf("tracker: scrape of %d torrents in one datagram", len(r.Hashes)))
		}
		for _, h := range r.Hashes {
			dst = append(dst, h[:]...)
		}
	}
	return dst
}

// udpEvents are the events by their numbers. BEP 15: "0: none; 1: completed; 2:
// started; 3: stopped". It has no number for paused, which is said by none.
var udpEvents = [...]Event{None, Completed, Started, Stopped}

func appendUDPAnnounce(dst []byte, a *Announce) []byte {
	dst = append(append(dst, a.InfoHash[:]...), a.PeerID[:]...)
	dst = binary.BigEndian.AppendUint64(dst, uint64(a.Downloaded))
	dst = binary.BigEndian.AppendUint64(dst, uint64(a.Left))
	dst = binary.BigEndian.AppendUint64(dst, uint64(a.Uploaded))
	event := uint32(0)
	for i, e := range udpEvents {
		if e == a.Event {
			event = uint32(i)
		}
	}
	dst = binary.BigEndian.AppendUint32(dst, event)
	// BEP 15: "the IP address field in the request remains 32bits wide which makes
	// this field not usable under IPv6 and thus should always be set to 0."
	var ip [4]byte
	if a.IP.Is4() {
		ip = a.IP.As4()
	}
	dst = append(dst, ip[:]...)
	dst = binary.BigEndian.AppendUint32(dst, a.Key)
	// BEP 15: "num_want -1 // default".
	numWant := int32(-1)
	switch {
	case a.NumWant == NumWantNone:
		numWant = 0
	case a.NumWant > 0:
		numWant = int32(min(a.NumWant, math.MaxInt32))
	}
	dst = binary.BigEndian.AppendUint32(dst, uint32(numWant))
	return binary.BigEndian.AppendUint16(dst, uint16(a.Port))
}

// ParseUDPRequest reads a datagram as a tracker does. A torrent is scraped, and
// announced, by any info-hash: what is wrong is the length, or the action.
func ParseUDPRequest(p []byte) (UDPRequest, error) {
	r, err := parseUDPRequest(p)
	if err != nil {
		return UDPRequest{}, fmt.Errorf("tracker request of %d bytes: %w", len(p), err)
	}
	return r, nil
}

func parseUDPRequest(p []byte) (r UDPRequest, err error) {
	switch {
	case len(p) < udpRequestHead:
		return r, errUDPShort
	case len(p) > MaxUDPPacket:
		return r, errUDPLong
	}
	r.Connection = binary.BigEndian.Uint64(p)
	r.Action = UDPAction(binary.BigEndian.Uint32(p[8:]))
	r.Transaction = binary.BigEndian.Uint32(p[12:])
	switch r.Action {
	case UDPConnect:
		if r.Connection != udpProtocol {
			return r, errUDPProtocol
		}
		r.Connection = 0
	case UDPAnnounce:
		if len(p) < udpAnnounceLen {
			return r, errUDPShort
		}
		r.Announce = parseUDPAnnounce(p[udpRequestHead:])
		r.URLData = parseURLData(p[udpAnnounceLen:])
	case UDPScrape:
		for hashes := p[udpRequestHead:]; len(hashes) >= 20 && len(r.Hashes) < MaxUDPScrape; hashes = hashes[20:] {
			r.Hashes = append(r.Hashes, [20]byte(hashes[:20]))
		}
		if len(r.Hashes) == 0 {
			return r, errUDPShort
		}
	default:
		return r, errUDPAction
	}
	return r, nil
}

// parseUDPAnnounce reads what follows the head of an announce. Counters that no
// client can have are taken as the most there is, as an event that is not known
// counts as none: a tracker has little use for either.
func parseUDPAnnounce(p []byte) Announce {
	count := func(p []byte) int64 { return int64(min(binary.BigEndian.Uint64(p), math.MaxInt64)) }
	a := Announce{
		InfoHash: [20]byte(p[:20]), PeerID: [20]byte(p[20:40]),
		Downloaded: count(p[40:]), Left: count(p[48:]), Uploaded: count(p[56:]),
		Key: binary.BigEndian.Uint32(p[72:]), Port: int(binary.BigEndian.Uint16(p[80:])), Compact: true,
	}
	if e := binary.BigEndian.Uint32(p[64:]); e < uint32(len(udpEvents)) {
		a.Event = udpEvents[e]
	}
	if ip := netip.AddrFrom4([4]byte(p[68:72])); !ip.IsUnspecified() {
		a.IP = ip
	}
	switch n := int32(binary.BigEndian.Uint32(p[76:])); {
	case n == 0:
		a.NumWant = NumWantNone
	case n > 0:
		a.NumWant = int(n)
	}
	return a
}

// UDPResponse is what a tracker sends.
type UDPResponse struct {
	Action      UDPAction
	Transaction uint32 // of the request
	Connection  uint64 // of a connect: what later requests have to carry

	// Announce has Interval, Complete, Incomplete and Peers, or the Failure.
	Announce Response
	// Scrape has one entry for each torrent asked for, in that order, without
	// its info-hash.
	Scrape []ScrapeTorrent
}

// Append appends the datagram to dst. Peers that are not of the family, IPv6
// or IPv4, of the one who asked are left out: there is no place for them.
func (r *UDPResponse) Append(dst []byte, ipv6 bool) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(r.Action))
	dst = binary.BigEndian.AppendUint32(dst, r.Transaction)
	count := func(n int) { dst = binary.BigEndian.AppendUint32(dst, uint32(max(n, 0))) }
	switch r.Action {
	case UDPConnect:
		dst = binary.BigEndian.AppendUint64(dst, r.Connection)
	case UDPAnnounce:
		count(int(r.Announce.Interval / time.Second))
		count(r.Announce.Incomplete)
		count(r.Announce.Complete)
		v4, v6 := compactPeers(r.Announce.Peers)
		if ipv6 {
			v4 = v6
		}
		dst = append(dst, v4...)
	case UDPScrape:
		for _, t := range r.Scrape {
			count(t.Complete)
			count(t.Downloaded)
			count(t.Incomplete)
		}
	case UDPError:
		dst = append(dst, r.Announce.Failure...)
	}
	return dst
}

// ParseUDPResponse reads a tracker's datagram; ipv6 says whether it has come
// over IPv6. It takes a list of peers that is cut off for what it holds; a
// datagram without room for what its action demands is an error.
func ParseUDPResponse(p []byte, ipv6 bool) (UDPResponse, error) {
	r, err := parseUDPResponse(p, ipv6)
	if err != nil {
		return UDPResponse{}, fmt.Errorf("tracker response of %d bytes: %w", len(p), err)
	}
	return r, nil
}

func parseUDPResponse(p []byte, ipv6 bool) (r UDPResponse, err error) {
	// BEP 15: "Check whether the packet is at least 8 bytes."
	switch {
	case len(p) < udpResponseHead:
		return r, errUDPShort
	case len(p) > MaxUDPPacket:
		return r, errUDPLong
	}
	r.Action = UDPAction(binary.BigEndian.Uint32(p))
	r.Transaction = binary.BigEndian.Uint32(p[4:])
	body := p[udpResponseHead:]
	switch r.Action {
	case UDPConnect:
		if len(p) < udpConnectLen {
			return r, errUDPShort
		}
		r.Connection = binary.BigEndian.Uint64(body)
	case UDPAnnounce:
		// BEP 15: "Check whether the packet is at least 20 bytes."
		if len(p) < udpAnnounceHead {
			return r, errUDPShort
		}
		r.Announce = parseUDPAnswer(body, ipv6)
	case UDPScrape:
		for ; len(body) >= udpScrapeEntry && len(r.Scrape) < MaxUDPScrape; body = body[udpScrapeEntry:] {
			r.Scrape = append(r.Scrape, ScrapeTorrent{Complete: udpCount(body), Downloaded: udpCount(body[4:]), Incomplete: udpCount(body[8:])})
		}
	case UDPError:
		if r.Announce.Failure = printable(string(body)); r.Announce.Failure == "" {
			r.Announce.Failure = noReason
		}
	default:
		return r, errUDPAction
	}
	return r, nil
}

func parseUDPAnswer(p []byte, ipv6 bool) Response {
	r := Response{
		Interval:   time.Duration(int32(binary.BigEndian.Uint32(p))) * time.Second,
		Incomplete: udpCount(p[4:]), Complete: udpCount(p[8:]),
	}
	// BEP 15: "Which format is used is determined by the address family of the
	// underlying UDP packet. I.e. packets from a v4 address use the v4 format,
	// those from a v6 address use the v6 format."
	size := compact4Len
	if ipv6 {
		size = compact6Len
	}
	r.addCompact(string(p[12:]), size)
	return r
}

// udpCount reads a number of peers, which is a signed one on the wire.
func udpCount(p []byte) int { return int(max(int32(binary.BigEndian.Uint32(p)), 0)) }
