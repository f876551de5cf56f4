package peer

import (
	"testing"

	"bt/client/boundary"
)

// What is lost before a seed has heard of it, it does not hear of.
func TestForgetHave(t *testing.T) {
	var p Peer
	for _, piece := range []int{1, 2, 3} {
		p.OweHave(piece)
	}
	p.ForgetHave(2)
	p.ForgetHave(9)
	var out boundary.Effects
	p.TellOwed(t0, &out)
	if len(out.Send) != 2 || out.Send[0].Msg.Index != 1 || out.Send[1].Msg.Index != 3 {
		t.Errorf("told of %v, want 1 and 3", out.Send)
	}
}
