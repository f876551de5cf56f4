package scenarios

import (
	"bt/client/wire"
	"bt/simnet"
)

// direction is one end of a stream, as a sender.
type direction struct {
	stream uint64
	dialer bool
}

// listen decodes what hosts of actors send to each other, for checks.
func (r *run) listen(listeners []listener) {
	decoders := make(map[direction]*wire.Decoder)
	scratch := make([]byte, wire.BlockSize) // what blocks contain is not looked at
	var msgs []wire.Message
	r.net.Tap(func(e *simnet.TapEvent) {
		d := direction{e.Stream, e.Dialer}
		switch e.Kind {
		case simnet.TapClosed:
			delete(decoders, d)
			for _, l := range listeners {
				l.hungUp(e.From.Name(), e.To.Name())
			}
		case simnet.TapSent:
			if e.ToAddr().Port() == trackerPort || e.FromAddr().Port() == trackerPort {
				return
			}
			if decoders[d] == nil {
				decoders[d] = wire.NewDecoder(func(n int) []byte { return scratch[:n] })
			}
			// What cannot be decoded is for the oracles to judge.
			_, msgs, _ = decoders[d].Decode(e.Data, msgs[:0])
			for _, m := range msgs {
				for _, l := range listeners {
					l.sent(message{at: r.now(), from: e.From.Name(), to: e.To.Name(), Message: m})
				}
			}
		}
	})
}
