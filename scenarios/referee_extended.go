package scenarios

import (
	"bt/client/wire"

	"github.com/anacrolix/torrent/bencode"
)

// extendedRule is about the extension protocol (BEP 10). W13: nothing of it but
// the handshake, as the client has no extension to offer, and that only if both
// sides speak it. W15: upload_only (BEP 21) is said when nothing more is wanted,
// and taken back when that changes; in between, nothing is asked for.
type extendedRule struct {
	sent, heard bool // the bit in the handshakes
	uploadOnly  bool // said last
	told        bool // anything was said of it
	due, stale  bool // as in interestRule
	remoteDone  bool // the remote side has said last to be upload-only

	reqq, before int // how many requests the remote side takes, and took before at
	at           instant
}

// reqqDefault stands for a remote side that does not say how many requests it
// takes. BEP 10: "The default in libtorrent is 250."
const reqqDefault = 250

// requestsMax is how many requests may be outstanding. What has come in this
// instant may be unread.
func (r *extendedRule) requestsMax(now instant) int {
	most := r.reqq
	if most == 0 {
		most = reqqDefault
	}
	if r.at.Equal(now) {
		most = max(most, r.before, reqqDefault)
	}
	return most
}

func (r *extendedRule) frameSent(v *view, f *frame) {
	switch f.kind {
	case wire.Extended:
		r.handleSent(v, f)
	case wire.Interested, wire.Request:
		if r.uploadOnly {
			v.violation("W15", "%v from one that has said to be upload-only", f)
		}
	}
}

func (r *extendedRule) handleSent(v *view, f *frame) {
	if !r.sent || !r.heard {
		v.violation("W13", "%v, which not both sides speak", f)
	}
	said, ok := v.who.o.readExtended(f)
	if !ok {
		v.violation("W13", "%v is no handshake", f)
		return
	}
	if said.UploadOnly != nil {
		r.uploadOnly = *said.UploadOnly == 1
	}
	r.told, r.stale = true, false
	r.changed(v)
}

// changed notes that what was said of upload_only may have to change.
func (r *extendedRule) changed(v *view) {
	if r.due || !r.told {
		return
	}
	r.due = true
	v.who.o.later(interestGrace, func() { r.check(v) })
}

func (r *extendedRule) check(v *view) {
	r.due = false
	done := v.who.lacked.empty()
	switch {
	case v.over():
	case done == r.uploadOnly:
		r.stale = false
	case !r.stale:
		r.stale = true
		r.changed(v)
	default:
		v.violationAt(v.who.o.now(), "W15", "upload_only is %v, should be %v", r.uploadOnly, done)
	}
}

func (r *extendedRule) frameHeard(v *view, f *frame) {
	if f.kind != wire.Extended {
		return
	}
	said, ok := v.who.o.readExtended(f)
	if ok && said.UploadOnly != nil {
		r.remoteDone = *said.UploadOnly == 1
		v.facts.handleUploadOnly(v.now, r.remoteDone)
	}
	if ok && said.Reqq != nil {
		if !r.at.Equal(v.now) {
			r.before, r.at = r.reqq, v.now
		}
		r.reqq = max(*said.Reqq, 0)
	}
}

// extendedHello is what the referee looks at in an extended handshake.
type extendedHello struct {
	Reqq       *int `bencode:"reqq"`
	UploadOnly *int `bencode:"upload_only"`
}

// knownHelloMax bounds in bytes the extended handshakes that are remembered: those of
// clients have about a hundred, those of hostile peers up to 200 000.
const knownHelloMax = 512

// readExtended reads an extended handshake. It is false for anything else. Most say
// what many others say: each is read once.
func (o *oracles) readExtended(f *frame) (h extendedHello, ok bool) {
	// BEP 10: "If the ID is 0, the message is a handshake message".
	if len(f.bits) == 0 || f.bits[0] != 0 {
		return h, false
	}
	if known, ok := o.extended[string(f.bits)]; ok {
		return known.hello, known.ok
	}
	ok = bencode.Unmarshal(f.bits[1:], &h) == nil
	if len(f.bits) <= knownHelloMax {
		o.extended[string(f.bits)] = readHello{h, ok}
	}
	return h, ok
}

// readHello is what came of reading an extended handshake.
type readHello struct {
	hello extendedHello
	ok    bool
}
