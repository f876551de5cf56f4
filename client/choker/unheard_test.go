package choker_test

import (
	"testing"

	"bt/client/choker"
)

// TestUnheard: who has had a slot for a minute and has asked for nothing may not
// know of it, and hears a choke and another unchoke, even if nobody else wants
// the slot. Who takes anything keeps it.
func TestUnheard(t *testing.T) {
	for _, seeding := range []bool{true, false} {
		s := &swarm{cs: peers(2, nothing), Params: choker.Params{Optimistic: 2, Seeding: seeding}}
		for round := range 20 {
			s.cs[1].Sent += 16 << 10
			s.next()
			if round%7 == 6 {
				s.want(t, 2)
			} else {
				s.want(t, 1, 2)
			}
		}
	}
}
