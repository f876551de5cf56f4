package scenarios

import "bt/simnet"

// messageSweep loses each message, and the handshakes, once. TCP does not do
// that, but clients do that forget, and whoever waits for an answer must not
// wait for ever: time-outs heal it, by asking again or with another connection.
func messageSweep() Sweep {
	return Sweep{
		Name:   "message",
		About:  "each message between peers is lost once",
		worlds: talkingWorlds(),
		survey: func(r *run, _ *world) func() []Point { return surveyMessages(r, "") },
		disturb: func(r *run, _ *world, p Point) {
			meddleAt(r, p.Place, func(*passing) ruling { return ruling{do: simnet.Drop} })
		},
	}
}

// resetSweep breaks the connection in front of each message, and in the middle
// of each. What came of the message counts for nothing, and both sides go on with
// the next connection.
func resetSweep() Sweep {
	const before, inside = "before", "inside"
	return Sweep{
		Name:   "reset",
		About:  "the connection breaks in front of each message, and inside it",
		worlds: talkingWorlds(),
		survey: func(r *run, _ *world) func() []Point { return surveyMessages(r, before, inside) },
		disturb: func(r *run, _ *world, p Point) {
			meddleAt(r, p.Place, func(m *passing) ruling {
				if p.How == inside {
					return ruling{do: simnet.Reset, at: m.size / 2}
				}
				return ruling{do: simnet.Reset}
			})
		},
	}
}

// talkingWorlds have between them every message that clients send: with the Fast
// extension and without, and requests withdrawn, for the sake of CANCEL.
func talkingWorlds() []world {
	fast, plain, paused := smallWorld("fast", 1), smallWorld("plain", 1), smallWorld("paused", 0)
	for i := range plain.Actors {
		plain.Actors[i].NoFast = true
	}
	paused.Link = &slowLink
	paused.Actions = []Action{
		{At: 300 * Millisecond, Do: DoPause, Who: theLeech},
		{At: 5 * Second, Do: DoStart, Who: theLeech},
	}
	worlds := []world{fast, plain, paused}
	for i := range worlds {
		worlds[i].Expect = []Expectation{{Check: "complete", Within: talkTime}}
	}
	return worlds
}

// talkTime is how long a small torrent may take when one message is lost.
const talkTime = 5 * Minute

// surveyMessages lists all messages on the way between peers, in the order in
// which they leave.
func surveyMessages(r *run, hows ...string) func() []Point {
	var points []Point
	place := 0
	r.meddle(func(m *passing) ruling {
		for _, how := range hows {
			points = append(points, Point{Place: place, How: how, About: m.name() + " from " + m.from.Name() + " to " + m.to.Name()})
		}
		place++
		return ruling{}
	})
	return func() []Point { return points }
}

// meddleAt does something to the message of a place.
func meddleAt(r *run, place int, rule func(*passing) ruling) {
	n := 0
	r.meddle(func(m *passing) ruling {
		if n++; n == place+1 {
			return rule(m)
		}
		return ruling{}
	})
}
