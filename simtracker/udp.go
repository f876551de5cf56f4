package simtracker

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net/netip"
	"time"

	"bt/client/tracker"
)

const (
	// connectionWindow is the unit in which the age of a connection id is told.
	connectionWindow = time.Minute
	// connectionWindows is how many of them one is good for after that in which
	// it was given, which makes two to three minutes. BEP 15: "Trackers should
	// accept the connection ID until two minutes after it has been send."
	connectionWindows = 2
)

// errPort refuses an announce that nobody could do anything with.
var errPort = errors.New("port is 0, want 1 to 65535")

// ServePacket answers one datagram (BEP 15) that has come from an address; nil
// is no answer. It never answers more than a connect to an address that has not
// shown that it receives what is sent there, and that with no more bytes than
// came, so that nobody can turn it against another.
func (t *Tracker) ServePacket(from netip.AddrPort, p []byte) (answer []byte) {
	// A zone means something to this host only.
	from = netip.AddrPortFrom(from.Addr().Unmap().WithZone(""), from.Port())
	r, err := tracker.ParseUDPRequest(p)
	if err != nil {
		return nil
	}
	response := tracker.UDPResponse{Action: r.Action, Transaction: r.Transaction}
	switch {
	case r.Action == tracker.UDPConnect:
		response.Connection = t.connection(from, 0)
	case !t.gave(from, r.Connection):
		// BEP 15: "The tracker verifies the connection_id and ignores the request
		// if it doesn't match."
		return nil
	case r.Action == tracker.UDPAnnounce && r.Announce.Port == 0:
		err = errPort
	case r.Action == tracker.UDPAnnounce:
		sameFamily := func(a netip.Addr) bool { return a.Is4() == from.Addr().Is4() }
		response.Announce, err = t.announce(&r.Announce, t.addrOf(from, &r.Announce), sameFamily)
	case r.Action == tracker.UDPScrape:
		response.Scrape = t.scrapeInOrder(r.Hashes)
	}
	if err != nil {
		response.Action, response.Announce.Failure = tracker.UDPError, err.Error()
	}
	return response.Append(nil, from.Addr().Is6())
}

// connection is the connection id that an address was given some windows of time
// ago. It follows from what is known anyway, so that nothing has to be kept of
// everybody who asks. BEP 15: "Connection IDs should not be guessable by the
// client."
func (t *Tracker) connection(from netip.AddrPort, ago int64) uint64 {
	window := t.cfg.Now().UnixNano()/int64(connectionWindow) - ago
	mac := hmac.New(sha256.New, t.cfg.Secret[:])
	mac.Write(from.Addr().AsSlice())
	mac.Write(binary.BigEndian.AppendUint16(nil, from.Port()))
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(window)))
	return binary.BigEndian.Uint64(mac.Sum(nil))
}

// gave says whether an address was given a connection id lately.
func (t *Tracker) gave(from netip.AddrPort, id uint64) bool {
	for ago := range int64(connectionWindows + 1) {
		if t.connection(from, ago) == id {
			return true
		}
	}
	return false
}

// scrapeInOrder has an entry for each torrent, of zeros where it is not known:
// the answer tells them apart by their places.
func (t *Tracker) scrapeInOrder(hashes [][20]byte) []tracker.ScrapeTorrent {
	known := t.scrape(hashes).Torrents // in the same order
	list := make([]tracker.ScrapeTorrent, len(hashes))
	for i, h := range hashes {
		if len(known) > 0 && known[0].InfoHash == h {
			list[i], known = known[0], known[1:]
		}
	}
	return list
}
