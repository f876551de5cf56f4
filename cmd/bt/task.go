package main

import (
	"sync"
	"time"

	"bt/client"
)

// phase is where a task stands, in a word.
type phase string

const (
	phaseChecking    phase = "checking"    // what is on disk
	phaseDownloading phase = "downloading" //
	phaseVerifying   phase = "verifying"   // reading back a complete download, for --verify
	phaseSeeding     phase = "seeding"
	phaseDone        phase = "done"
	phaseFailed      phase = "failed"
)

// goal is what a task is for.
type goal struct {
	download bool // what is missing; without it, something missing is a failure
	seed     bool // go on once it is complete, for ever or as until says
	verify   bool // read everything back before it counts as complete
	until    seedGoal
	stall    time.Duration  // fail when nothing has come for so long; 0: be patient
	onFull   *time.Duration // fail when the disk has been full for so long; nil: be patient
}

// task is one torrent of a transfer. Notices change it, the display reads it
// from another goroutine.
type task struct {
	t     *client.Torrent
	goal  goal
	dir   string
	state *torrentState // nil: none is kept
	rates *rateLimits

	unsaved bool // that the state cannot be written was said; for the saver alone
	watched watched

	mu       sync.Mutex
	now      phase
	err      error     // of phaseFailed
	began    time.Time // downloading, zero before
	finished time.Time // zero before
	entered  time.Time // the present phase
}

func (tk *task) phase() phase {
	tk.mu.Lock()
	defer tk.mu.Unlock()
	return tk.now
}

// enter begins a phase at a time.
func (tk *task) enter(p phase, at time.Time) {
	tk.mu.Lock()
	defer tk.mu.Unlock()
	tk.now, tk.entered = p, at
	switch {
	case p == phaseDownloading:
		tk.began = at
	case !tk.began.IsZero() && tk.finished.IsZero():
		tk.finished = at
	}
}

func (tk *task) fail(err error, at time.Time) {
	tk.enter(phaseFailed, at)
	tk.mu.Lock()
	defer tk.mu.Unlock()
	tk.err = err
}

// halt ends a download that is not complete, for the figures about it.
func (tk *task) halt(at time.Time) {
	tk.mu.Lock()
	defer tk.mu.Unlock()
	if !tk.began.IsZero() && tk.finished.IsZero() {
		tk.finished = at
	}
}

func (tk *task) failure() error {
	tk.mu.Lock()
	defer tk.mu.Unlock()
	return tk.err
}

// over says that nothing more is to be done for the goal.
func (tk *task) over() bool {
	p := tk.phase()
	return p == phaseDone || p == phaseFailed
}

// unfinished says that stopping now leaves work.
func (tk *task) unfinished() bool {
	switch tk.phase() {
	case phaseChecking, phaseDownloading, phaseVerifying:
		return true
	}
	return false
}

// path is where the torrent lies: its file or its directory.
func (tk *task) path() string { return torrentPath(tk.t.Meta(), tk.dir) }

// result is what is told at the end.
type result struct {
	client.Status
	took    time.Duration // downloading; 0 if there was nothing to download
	average int64         // bytes per second of it
	ratio   float64       // uploaded, ever, by size of what is here
}

func (tk *task) result() result {
	r := result{Status: tk.t.Status()}
	tk.mu.Lock()
	if !tk.began.IsZero() && !tk.finished.IsZero() {
		r.took = tk.finished.Sub(tk.began)
	}
	tk.mu.Unlock()
	if s := r.took.Seconds(); s > 0 {
		r.average = int64(float64(r.Downloaded-r.Wasted) / s)
	}
	r.ratio = tk.ratio(&r.Status)
	return r
}

// uploadedEver is the payload given, in bytes, earlier runs included.
func (tk *task) uploadedEver() int64 { return tk.state.uploaded() + tk.t.Uploaded() }

// ratio is what was given, ever, by what is here.
func (tk *task) ratio(s *client.Status) float64 {
	have := s.Wanted - s.Left
	if have <= 0 {
		return 0
	}
	return float64(tk.state.uploaded()+s.Uploaded) / float64(have)
}

// since is how long the task has been in its present phase.
func (tk *task) since(now time.Time) time.Duration {
	tk.mu.Lock()
	defer tk.mu.Unlock()
	return now.Sub(tk.entered)
}

// eta says how long what is left will take at the present rate.
func eta(s *client.Status) (time.Duration, bool) {
	if s.DownRate <= 0 || s.Left <= 0 {
		return 0, false
	}
	return time.Duration(float64(s.Left) / float64(s.DownRate) * float64(time.Second)), true
}
