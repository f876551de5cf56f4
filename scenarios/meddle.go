package scenarios

import (
	"encoding/binary"
	"slices"

	"bt/client/wire"
	"bt/simnet"
)

// A meddler stands between hosts and decides over each message that one of them
// sends to another, at the moment when its first bytes leave. It is how a run
// loses "the third unchoke from A to B", or breaks a connection in the middle of
// a message. What it looks at, it must not change; what it wants to count, it
// keeps itself. See run.meddle.
type meddler func(*passing) ruling

// passing is a message, or the handshake, on its way from one host to another.
type passing struct {
	from, to *simnet.Host
	stream   uint64 // the number that simnet.TapEvent has, too
	dialer   bool   // from is the host that dialled
	nth      int    // of this direction of the stream; the handshake is number 0
	offset   int64  // bytes of this direction before it
	hello    bool   // it is the handshake
	kind     wire.Kind
	size     int // bytes, length prefix included
}

// name is what a scenario calls the message.
func (p *passing) name() string {
	if p.hello {
		return handshakeName
	}
	return p.kind.String()
}

const handshakeName = "handshake"

// ruling is what becomes of a message. The zero value lets it pass.
type ruling struct {
	do simnet.Fate // Pass, Drop or Reset

	// at is for Reset: so many bytes of the message pass before. 0 is the boundary
	// in front of it, its size the one behind it.
	at int

	// late is for Pass: it arrives so much later, and all behind it does too.
	late Duration
}

// meddle has m decide, from now on, over messages that peers send to each other.
// Where several meddle, the first that does not simply let a message pass has
// decided. Connections with trackers are not looked at, nor what is left of a
// connection once something came over it that is no message. It must be called
// before the connections in question are made: the run's own start is a good
// time.
func (r *run) meddle(m meddler) {
	r.overhear(nil, nil)
	r.meddlers = append(r.meddlers, m)
}

// way is where messages are looked at: from one of some hosts to one of others;
// nil are all.
type way struct{ from, to []*simnet.Host }

func (w way) has(from, to *simnet.Host) bool {
	return (w.from == nil || slices.Contains(w.from, from)) && (w.to == nil || slices.Contains(w.to, to))
}

// overhear has the messages on a way taken apart, for meddlers to come. To find
// where one begins, the last few bytes of what is sent may have to wait for the
// next; so other ways are let alone.
func (r *run) overhear(from, to []*simnet.Host) {
	r.overheard = append(r.overheard, way{from, to})
	if len(r.overheard) > 1 {
		return
	}
	framings := make(map[direction]*framing)
	r.net.Intercept(func(p simnet.Passage) simnet.Verdict {
		d := direction{p.Stream, p.Dialer}
		f := framings[d]
		if f == nil {
			f = &framing{p: passing{from: p.From, to: p.To, stream: p.Stream, dialer: p.Dialer}}
			f.lost = p.ToAddr.Port() == trackerPort || p.FromAddr.Port() == trackerPort ||
				!slices.ContainsFunc(r.overheard, func(w way) bool { return w.has(p.From, p.To) })
			framings[d] = f
		}
		return f.decide(r, p.Data)
	})
}

// judge asks the meddlers about a message.
func (r *run) judge(p *passing) ruling {
	for _, m := range r.meddlers {
		if v := m(p); v != (ruling{}) {
			r.traceLine(p.from.Name(), "meddled with: %s, message %d to %s", p.name(), p.nth, p.to.Name())
			return v
		}
	}
	return ruling{}
}

// framing finds the boundaries of messages in one direction of a stream.
type framing struct {
	p      passing // the message that is passing
	left   int     // bytes of it that are still to come; 0: it is over
	passed int     // bytes of it that have been decided about
	v      ruling
	lost   bool // what comes is no message, or does not matter: all passes
}

// decide implements simnet.Interceptor for one direction.
func (f *framing) decide(r *run, data []byte) simnet.Verdict {
	if f.left == 0 && !f.lost {
		if !f.begin(data) {
			return simnet.Verdict{Do: simnet.Hold}
		}
		if !f.lost {
			f.v = r.judge(&f.p)
			f.p.nth++
		}
	}
	if f.lost {
		return simnet.Verdict{N: len(data)}
	}
	n := min(f.left, len(data))
	if f.v.do == simnet.Reset {
		if rest := f.v.at - f.passed; rest <= n {
			return simnet.Verdict{N: max(rest, 0), Do: simnet.Reset}
		}
		f.left, f.passed = f.left-n, f.passed+n
		return simnet.Verdict{N: n}
	}
	late := f.v.late
	f.v.late = 0 // what follows cannot overtake it
	f.left, f.passed = f.left-n, f.passed+n
	return simnet.Verdict{N: n, Do: f.v.do, Delay: late.std()}
}

// begin reads what a message begins with. It is false if that has not come.
func (f *framing) begin(data []byte) bool {
	f.p.offset += int64(f.passed)
	f.passed = 0
	if f.p.nth == 0 {
		n := min(len(data), len(refereeProtocol))
		if string(data[:n]) != refereeProtocol[:n] {
			f.lost = true
			return true
		}
		if n < len(refereeProtocol) {
			return false
		}
		f.p.hello, f.p.size, f.left = true, helloLen, helloLen
		return true
	}
	if len(data) < 4 {
		return false
	}
	// BEP 3: "a four-byte length prefix (big-endian) and a payload".
	body := binary.BigEndian.Uint32(data)
	switch {
	case body > longestFrame:
		f.lost = true
		return true
	case body == 0:
		f.p.kind = wire.KeepAlive
	case len(data) < 5:
		return false
	default:
		f.p.kind = wire.Kind(data[4])
	}
	f.p.hello, f.p.size = false, 4+int(body)
	f.left = f.p.size
	return true
}
