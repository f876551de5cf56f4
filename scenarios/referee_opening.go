package scenarios

import (
	"time"

	"bt/client/wire"
)

// longestAnswer is the longest block that a client may send. Our own requests are
// never longer than 16 KiB (W4); old clients ask for up to 128 KiB, and get what
// they ask for (W6).
const longestAnswer = 128 << 10

// openingRule: W1, the handshake comes first and names the torrent. W14, what is
// sent is always a message, and a known one. W13, in part: messages of the Fast
// extension are sent only if both sides speak it. W16, in part: there is no word of
// a DHT in a private torrent.
type openingRule struct{}

func (*openingRule) handleHello(v *view, h *hello) {
	if h.infoHash() != [20]byte(v.who.o.truth.meta.InfoHash) {
		v.violation("W1", "handshake names info-hash %x", h.infoHash())
	}
	// Not before it speaks: what opens late may be a dial of the process before it.
	if v.dialled.IsValid() {
		v.who.judgeDial(v.dialled)
	}
	if h.dht() && v.who.o.isPrivate() {
		v.violation("W16", "handshake offers the DHT")
	}
	if h.peerID() != v.who.peerID {
		v.violation("W1", "handshake names peer id %q, the client's is %q", h.peerID(), v.who.peerID)
	}
}

// malformed takes what is no message.
func (*openingRule) malformed(v *view, err error) {
	if v.facts.helloSent {
		v.violation("W14", "%v", err)
	} else {
		v.violation("W1", "%v", err)
	}
}

func (*openingRule) frameSent(v *view, f *frame) {
	switch {
	case f.kind != wire.KeepAlive && !knownKind(f.kind):
		v.violation("W14", "message of unknown id %d", f.kind)
	case f.kind >= wire.Suggest && f.kind <= wire.AllowedFast && !v.facts.fast():
		v.violation("W13", "%v, without the Fast extension (BEP 6)", f)
	case f.kind == wire.Port && v.who.o.isPrivate():
		v.violation("W16", "%v tells of a DHT", f)
	case f.kind == wire.Piece && f.block.Length > longestAnswer:
		v.violation("W14", "%v is longer than any peer asks for", f)
	}
}

// silenceMax is how long a client may say nothing. BEP 3 has keep-alives
// "generally sent once every two minutes", and closes who is silent for longer.
const silenceMax = 2 * time.Minute

// silenceRule: W11, no silence of more than two minutes on a connection.
type silenceRule struct{ last instant }

func (r *silenceRule) handleSent(v *view) {
	r.check(v)
	r.last = v.now
}

// check looks at the silence that has lasted until now.
func (r *silenceRule) check(v *view) {
	now := v.who.o.now()
	if until := v.who.frozenUntil(); until.After(r.last) {
		r.last = until
	}
	if silent := now.Sub(r.last); silent > silenceMax && !v.over() && v.facts.helloSent {
		v.violationAt(now, "W11", "not a word for %v", silent)
	}
}
