package scenarios

import "errors"

// reachedName is the check that names a Mark.
const reachedName = "reached"

// reached: not before After and, if it is given, Within, one of Who comes into the
// situation that Reason names: one of the marks of "btsim help marks".
type reached struct {
	*watch
	met bool
}

func newReached(w *watch) check {
	w.until(w.expect.Within)
	return &reached{watch: w}
}

func (c *reached) mark(name, node string) {
	if c.met || name != c.expect.Reason || !c.timely() || len(c.expect.Who) > 0 && !named(c.expect.Who, node, c.run.actors[node]) {
		return
	}
	c.met = true
	c.satisfied()
}

func (c *reached) finish() {
	if !c.met {
		c.fail("", "nobody has come to %s", c.expect.Reason)
	}
}

// validateReached checks the Reason of expectations that name a mark.
func (e *Expectation) validateReached() error {
	if e.Check != reachedName || isMark(e.Reason) {
		return nil
	}
	return errors.New(noneOf(e.Reason, markNames()))
}
