package session

import (
	"time"

	"bt/client/boundary"
	"bt/client/peer"
	"bt/client/torrent"
	"bt/client/wire"
)

// conn is a connection past its handshake. Nearly every event is about one, and
// what it is about is found by one look at Session.conns.
type conn struct {
	torrent *torrent.Torrent
	peer    *peer.Peer
}

// Owner returns the torrent that a connection is about: NoTorrent for an
// incoming one before its handshake, unless hello, which may be nil, is that
// handshake and names one of ours.
func (s *Session) Owner(id boundary.ConnID, hello *wire.Handshake) boundary.TorrentID {
	t := s.conns[id].torrent
	if c := s.pending.get(id); t == nil && c != nil {
		t = c.torrent
	}
	if t == nil && hello != nil {
		t = s.byHash[hello.InfoHash]
	}
	if t == nil {
		return boundary.NoTorrent
	}
	return t.ID()
}

// PeerStatuses describes every connection: first those that are no peers yet,
// in the order in which they came up, then the peers of each torrent.
func (s *Session) PeerStatuses(now time.Time) []torrent.PeerStatus {
	var all []torrent.PeerStatus
	for _, c := range s.pending.list {
		all = append(all, torrent.PeerStatus{
			Torrent: s.Owner(c.id, nil), Addr: c.addr, Incoming: c.incoming(), Source: c.source,
			AmChoking: true, PeerChoking: true, // BEP 3: "Connections start out choked and not interested."
		})
	}
	for _, t := range s.sorted() {
		all = append(all, t.PeerStatuses(now)...)
	}
	return all
}
