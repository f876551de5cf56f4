package simnet

import "time"

// RateStep is a part of a LinkConfig.Schedule.
type RateStep struct {
	For      time.Duration // how long it lasts; at least a millisecond
	Up, Down int64         // as in LinkConfig
}

// minStep keeps a schedule from filling an instant with events.
const minStep = time.Millisecond

// runSchedule begins the link's schedule, if it has one, and ends the one before.
func (h *Host) runSchedule() {
	h.net.cancel(&h.stepDone)
	if len(h.link.Schedule) > 0 {
		h.step = -1
		h.nextStep()
	}
}

// nextStep sets the rates of the next step, and the time of the one after it.
func (h *Host) nextStep() {
	h.step = (h.step + 1) % len(h.link.Schedule)
	s := h.link.Schedule[h.step]
	link := h.link
	link.Up, link.Down = s.Up, s.Down
	h.setLink(link)
	h.stepDone = h.net.schedule(int64(max(s.For, minStep)), event{kind: KindRate, host: h})
}
