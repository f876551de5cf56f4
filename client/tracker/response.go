package tracker

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/anacrolix/torrent/bencode"
)

// Limits of a response.
const (
	// MaxBody is the largest body that is parsed, in bytes. MaxPeers peers
	// need 100 KiB in the wordiest form; readers may stop here.
	MaxBody = 1 << 20
	// MaxPeers is how many peers of one response are used. We ask for 200 at
	// most; a tracker that sends more must not fill the address book alone.
	MaxPeers = 1000
	// maxText bounds, in bytes, the texts for people and the tracker id, which
	// goes into every later announce URL.
	maxText = 512
)

// Response is a tracker's answer to an announce.
type Response struct {
	// How long to wait before the next announce, and how long at least. As
	// sent, so possibly zero, negative or absurd; in range of a Duration.
	Interval, MinInterval time.Duration
	TrackerID             string // to be sent back in later announces
	Warning               string // for people; the announce has worked
	Complete, Incomplete  int    // seeds and other peers in the swarm
	Peers                 []netip.AddrPort
	// Skipped is the number of peers left out: with a name in place of an
	// address, port 0, cut off at the end, or above MaxPeers.
	Skipped int
	// ExternalIP is where the tracker sees us (BEP 24); zero: it does not say.
	ExternalIP netip.Addr
	// Failure, when not empty, is the reason why the tracker refused. Nothing
	// else is set then.
	Failure string
}

// ParseResponse reads the body of an answer to an announce. It is lenient where
// peers can still be had: unknown keys, bytes after the end and fields of the
// wrong type are ignored. What is no dictionary, or has peers in no known form,
// is an error which quotes how the body starts.
func ParseResponse(body []byte) (Response, error) {
	d, err := parseDict(body)
	if err != nil {
		return Response{}, fmt.Errorf("tracker response: %w", err)
	}
	// BEP 3: "If a tracker response has a key failure reason, then that maps
	// to a human readable string which explains why the query failed, and no
	// other keys are required."
	if reason, failed := d["failure reason"]; failed {
		return Response{Failure: failureText(reason)}, nil
	}
	r := Response{
		Interval:    d.seconds("interval"),
		MinInterval: d.seconds("min interval"),
		Warning:     printable(d.string("warning message")),
		Complete:    d.count("complete"),
		Incomplete:  d.count("incomplete"),
	}
	if id := d.string("tracker id"); len(id) <= maxText {
		r.TrackerID = id
	}
	// BEP 24: the address as it is on the wire, in 4 or 16 bytes.
	if ip, ok := netip.AddrFromSlice([]byte(d.string("external ip"))); ok {
		r.ExternalIP = ip.Unmap()
	}
	if err := r.parsePeers(d); err != nil {
		return Response{}, fmt.Errorf("tracker response: %w", err)
	}
	return r, nil
}

// noReason stands for the reason of a tracker that gives none.
const noReason = "no reason given"

// failureText never returns the empty string: it would read as success.
func failureText(raw bencode.Bytes) string {
	var s string
	if bencode.Unmarshal(raw, &s) != nil || s == "" {
		return noReason
	}
	return printable(s)
}

// Append appends the response as bencode to dst, as a tracker does; peers in
// the compact form or as a list of dictionaries without peer ids.
func (r *Response) Append(dst []byte, compact bool) []byte {
	if r.Failure != "" {
		return appendFailure(dst, r.Failure)
	}
	out := struct {
		Complete    int    `bencode:"complete"`
		ExternalIP  string `bencode:"external ip,omitempty"`
		Incomplete  int    `bencode:"incomplete"`
		Interval    int64  `bencode:"interval"`
		MinInterval int64  `bencode:"min interval,omitempty"`
		Peers       any    `bencode:"peers"`
		Peers6      string `bencode:"peers6,omitempty"`
		TrackerID   string `bencode:"tracker id,omitempty"`
		Warning     string `bencode:"warning message,omitempty"`
	}{
		Complete:    r.Complete,
		ExternalIP:  string(r.ExternalIP.AsSlice()),
		Incomplete:  r.Incomplete,
		Interval:    int64(r.Interval / time.Second),
		MinInterval: int64(r.MinInterval / time.Second),
		TrackerID:   r.TrackerID,
		Warning:     r.Warning,
	}
	if compact {
		v4, v6 := compactPeers(r.Peers)
		out.Peers, out.Peers6 = string(v4), string(v6)
	} else {
		out.Peers = dictPeers(r.Peers)
	}
	return append(dst, bencode.MustMarshal(out)...)
}

func appendFailure(dst []byte, reason string) []byte {
	return append(dst, bencode.MustMarshal(map[string]string{"failure reason": reason})...)
}

var errPeersForm = errors.New("peers are neither a string nor a list")
