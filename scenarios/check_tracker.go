package scenarios

import (
	"slices"
	"strings"
)

// announces: the trackers Of hear from each of Who the events that a download
// consists of: started and completed once each, in this order, and stopped at
// the end. Reason, unless empty, names other events in their place.
type announces struct{ *watch }

func newAnnounces(w *watch) check {
	w.satisfied()
	return &announces{w}
}

func (c *announces) finish() {}

func (c *announces) closed() {
	want := []string{"started", "completed", "stopped"}
	if c.expect.Reason != "" {
		want = strings.Fields(c.expect.Reason)
	}
	for _, n := range c.who {
		for _, s := range c.run.stations {
			if !named(c.expect.Of, s.name, nil) {
				continue
			}
			var got []string
			for _, e := range s.tracker.Log() {
				if e.Addr.Addr() == n.host.Addr() && e.Event.String() != "" {
					got = append(got, e.Event.String())
				}
			}
			if !slices.Equal(got, want) {
				c.fail(n.name, "%s has heard %v, not %v", s.name, got, want)
			}
		}
	}
}
