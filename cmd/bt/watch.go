package main

import (
	"fmt"
	"sync/atomic"
	"time"
)

// seedGoal is when seeding has been enough; the zero value: never.
type seedGoal struct {
	ratio float64        // given by size; 0: not asked for
	time  *time.Duration // of seeding in this run; nil: not asked for
}

func (g seedGoal) given() bool { return g.ratio > 0 || g.time != nil }

// String is "until Ctrl-C", or what comes before.
func (g seedGoal) String() string {
	switch {
	case g.ratio > 0 && g.time != nil:
		return fmt.Sprintf("until ratio %.2f or for %s", g.ratio, shortDurationText(*g.time))
	case g.ratio > 0:
		return fmt.Sprintf("until ratio %.2f", g.ratio)
	case g.time != nil:
		return "for " + shortDurationText(*g.time)
	}
	return "until Ctrl-C"
}

// rateLimits are those of all torrents together, in bytes per second; 0 is none.
type rateLimits struct {
	up, down         int64
	upHeld, downHeld atomic.Bool // the limit is what keeps the rate where it is
}

// heldPart: at this part of its limit a rate is held by it. Rates are means of
// some seconds and never quite there.
const heldPart = 0.9

func (l *rateLimits) given() bool { return l.up > 0 || l.down > 0 }

// look finds out which limits hold now.
func (l *rateLimits) look(tasks []*task) {
	if !l.given() {
		return
	}
	var up, down int64
	for _, tk := range tasks {
		s := tk.t.Status()
		up, down = up+s.UpRate, down+s.DownRate
	}
	l.upHeld.Store(l.up > 0 && float64(up) >= heldPart*float64(l.up))
	l.downHeld.Store(l.down > 0 && float64(down) >= heldPart*float64(l.down))
}

// watched is what watch remembers of a task from one time to the next.
type watched struct {
	payload int64     // that was of use, in bytes
	grew    time.Time // when it last did
	enough  bool      // the ratio was reached the last time
	full    time.Time // when the disk was found full
	fullErr error     // as long as it is; else nil
}

// watchInterval is how often a transfer is looked at for what no notice tells.
const watchInterval = 250 * time.Millisecond

// watchInterval is 0 when there is nothing to look for.
func (tr *transfer) watchInterval() time.Duration {
	for _, tk := range tr.tasks {
		if tk.goal.until.given() || tk.goal.stall > 0 || tk.goal.onFull != nil {
			return watchInterval
		}
	}
	if tr.rates.given() {
		return watchInterval
	}
	return 0
}

// watch ends seeding that has been enough, and downloads that stand still or
// whose disk is full.
func (tr *transfer) watch() {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.rates.look(tr.tasks)
	now := tr.app.clock.Now()
	for _, tk := range tr.tasks {
		switch {
		case tr.ending.Load():
		case tk.phase() == phaseSeeding && tk.seededEnough(now):
			tr.enter(tk, phaseDone)
			tk.t.Stop()
			tr.maybeEnd()
		case !tk.over() && tk.fullForLong(now):
			tr.failFull(tk)
		case tk.phase() == phaseDownloading && tk.stalled(now):
			tr.fail(tk, stalledError(tk))
		}
	}
}

// seededEnough: what has been given counts once the system has taken it. It gets
// another moment to send that before the connections are closed.
func (tk *task) seededEnough(now time.Time) bool {
	until, w := tk.goal.until, &tk.watched
	if until.time != nil && tk.since(now) >= *until.time {
		return true
	}
	if until.ratio == 0 {
		return false
	}
	s := tk.t.Status()
	was := w.enough
	w.enough = tk.ratio(&s) >= until.ratio
	return was && w.enough
}

// stalled: blocks that come twice, or wrong, are no progress.
func (tk *task) stalled(now time.Time) bool {
	if tk.goal.stall == 0 {
		return false
	}
	w, s := &tk.watched, tk.t.Status()
	if useful := s.Downloaded - s.Wasted; w.grew.IsZero() || useful > w.payload {
		w.payload, w.grew = useful, now
	}
	return now.Sub(w.grew) >= tk.goal.stall
}

func stalledError(tk *task) error {
	err := fmt.Errorf("nothing has come for %s", shortDurationText(tk.goal.stall))
	if why := tk.t.Status().Why; why != "" {
		err = fmt.Errorf("%w: %s", err, why)
	}
	return &failure{codeStalled, keptError(tk, err)}
}
