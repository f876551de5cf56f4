package tracker

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/anacrolix/torrent/bencode"
)

// Sizes of a compact peer in bytes. BEP 23: "The first 4 bytes contain the
// 32-bit ipv4 address. The remaining two bytes contain the port number. Both
// address and port use network-byte order."
const (
	compact4Len = 4 + 2
	compact6Len = 16 + 2
)

// parsePeers reads the keys peers, in either form, and peers6.
func (r *Response) parsePeers(d dict) error {
	if raw, ok := d["peers"]; ok {
		var compact string
		switch {
		case raw[0] == 'l':
			if err := r.addDicts(raw); err != nil {
				return err
			}
		case bencode.Unmarshal(raw, &compact) == nil:
			r.addCompact(compact, compact4Len)
		default:
			return fmt.Errorf("%w: %.64q", errPeersForm, raw)
		}
	}
	// BEP 7: "This key has the same layout as peers in compact mode, but
	// instead of using 6 bytes per endpoint, 18 bytes are used."
	r.addCompact(d.string("peers6"), compact6Len)
	return nil
}

// addCompact adds peers of size bytes each, one after the other. A tracker
// that cuts the last one off has still sent the others.
func (r *Response) addCompact(s string, size int) {
	for ; len(s) >= size; s = s[size:] {
		addr, _ := netip.AddrFromSlice([]byte(s[:size-2]))
		port := binary.BigEndian.Uint16([]byte(s[size-2 : size]))
		r.add(netip.AddrPortFrom(addr, port))
	}
	if len(s) > 0 {
		r.Skipped++
	}
}

// addDicts adds peers of the original form. BEP 3: "a list of dictionaries
// corresponding to peers, each of which contains the keys peer id, ip, and port,
// which map to the peer's self-selected ID, IP address or dns name as a string,
// and port number". Names are skipped: peers are dialled by address.
func (r *Response) addDicts(raw bencode.Bytes) error {
	var list []bencode.Bytes
	if err := bencode.Unmarshal(raw, &list); err != nil {
		return fmt.Errorf("list of peers: %w", err)
	}
	for _, item := range list {
		peer, _ := parseDict(item) // no dictionary: no address in it, skipped
		addr, err := netip.ParseAddr(peer.string("ip"))
		port := peer.int("port")
		if err != nil || addr.Zone() != "" || port < 0 || port > 65535 {
			r.Skipped++
			continue
		}
		r.add(netip.AddrPortFrom(addr.Unmap(), uint16(port)))
	}
	return nil
}

func (r *Response) add(peer netip.AddrPort) {
	if peer.Port() == 0 || len(r.Peers) == MaxPeers {
		r.Skipped++
		return
	}
	r.Peers = append(r.Peers, peer)
}

// compactPeers returns the values of peers and peers6.
func compactPeers(peers []netip.AddrPort) (v4, v6 []byte) {
	for _, p := range peers {
		if addr := p.Addr().Unmap(); addr.Is4() {
			v4 = append(v4, addr.AsSlice()...)
			v4 = binary.BigEndian.AppendUint16(v4, p.Port())
		} else {
			v6 = append(v6, addr.AsSlice()...)
			v6 = binary.BigEndian.AppendUint16(v6, p.Port())
		}
	}
	return v4, v6
}

type dictPeer struct {
	IP   string `bencode:"ip"`
	Port int    `bencode:"port"`
}

func dictPeers(peers []netip.AddrPort) []dictPeer {
	list := make([]dictPeer, 0, len(peers)) // not nil: encodes as an empty list
	for _, p := range peers {
		list = append(list, dictPeer{p.Addr().Unmap().String(), int(p.Port())})
	}
	return list
}
