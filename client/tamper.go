package client

import (
	"time"

	"bt/client/boundary"
)

// tamper lets tests plant bugs, to prove that the oracles of the simulator
// catch them: it stands between the core and the shell, and may change what
// passes either way. Only builds with the tag "plant" can set it.
type tamper struct {
	event   func(boundary.Event) boundary.Event           // before the core handles it
	effects func(e boundary.Event, out *boundary.Effects) // all effects of the turn so far
	wake    func(now, next time.Time) time.Time           // when the next turn is due, as Turn returns it
}
