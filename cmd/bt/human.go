package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"bt/client"
)

// humanUI reports a transfer in words: progress and what happens on stderr, the
// result on stdout. On a terminal progress is drawn in place, see liveView;
// elsewhere a line comes now and then.
type humanUI struct {
	app    *app
	tr     *transfer
	live   *liveView         // nil: lines
	blocks bool              // print what has become of each torrent
	told   map[string]string // by URL, the last error of each tracker
}

// lineInterval is how often progress is printed where it cannot be drawn: a log
// of a night stays readable.
const lineInterval = 10 * time.Second

// What newUI is told: whether to print in the end what became of each torrent. Of
// files that are about to be removed nobody wants to know where they are.
const (
	showResults = true
	hideResults = false
)

func (a *app) newUI(result bool) ui {
	if a.json {
		return &eventsUI{a.events, a.verbose}
	}
	u := &humanUI{app: a, blocks: result && !a.quiet, told: make(map[string]string)}
	if f, ok := a.terminal(); ok && !a.quiet {
		u.live = newLiveView(a.console, f)
	}
	return u
}

func (u *humanUI) begin(tr *transfer) {
	u.tr = tr
	if u.app.verbose {
		u.app.say("listening on port %d", tr.client.Port())
	}
	if u.live != nil {
		u.live.begin(tr)
	}
}

func (u *humanUI) interval() time.Duration {
	if u.live != nil || u.app.quiet {
		return 0
	}
	return lineInterval
}

func (u *humanUI) tick(tr *transfer) {
	for _, tk := range tr.tasks {
		v := tk.view(tr.app.clock.Now())
		u.say(tk, "%s", progressText(&v))
	}
}

// say prints a line about a task.
func (u *humanUI) say(tk *task, format string, args ...any) {
	u.app.say("%s: %s", tk.t.Name(), fmt.Sprintf(format, args...))
}

func (u *humanUI) phase(tk *task, p phase) {
	s := tk.t.Status()
	switch have := s.Wanted - s.Left; {
	case p == phaseDownloading && have == 0 && u.live == nil:
		u.say(tk, "downloading %s", bytesText(s.Wanted))
	case p == phaseDownloading && have > 0:
		u.say(tk, "%s of %s is here already", percentText(have, s.Wanted), bytesText(s.Wanted))
	case p == phaseVerifying:
		u.say(tk, "complete; reading it back")
	case p == phaseSeeding:
		u.say(tk, "complete; seeding %v", tk.goal.until)
	case p == phaseDone && tk.goal.seed:
		u.say(tk, "seeded enough: %s given, ratio %.2f", bytesText(s.Uploaded), tk.ratio(&s))
	}
}

func (u *humanUI) failed(tk *task, err error) { u.app.warn("%s: %v", tk.t.Name(), err) }

func (u *humanUI) stopping(tr *transfer) {
	for _, tk := range tr.tasks {
		if !tk.over() {
			u.app.say("stopping: telling the trackers, closing the files (Ctrl-C again ends at once)")
			return
		}
	}
}

// news is for the curious, but for trackers that begin to fail: their words
// often are the reason why nothing moves.
func (u *humanUI) news(tk *task, n client.Notice) {
	switch n := n.(type) {
	case client.TrackerFailed:
		// At the end it makes no difference whether the tracker hears of it.
		if text := n.Err.Error(); u.app.verbose || u.told[n.URL] != text && !u.tr.ending.Load() {
			u.told[n.URL] = text
			u.say(tk, "tracker %s: %s%s", hostOf(n.URL), text, retryText(n.Retry))
		}
	case client.TrackerAnswered:
		delete(u.told, n.URL)
		if n.Warning != "" && u.told["warning "+n.URL] != n.Warning {
			u.told["warning "+n.URL] = n.Warning
			u.say(tk, "tracker %s warns: %s", hostOf(n.URL), n.Warning)
		}
		if u.app.verbose {
			u.say(tk, "tracker %s: %s", hostOf(n.URL), count(n.Peers, "peer"))
		}
	case client.CacheRefused:
		if u.app.verbose {
			u.say(tk, "what an earlier run has noted down is of no use (%v); checking everything", n.Err)
		}
	case client.SeedModeEnded:
		u.say(tk, "%v; what was taken on trust is checked now", n.Err)
	case client.DiskWaits:
		u.say(tk, "%s", waitsText(tk, n.Err))
	case client.DiskWorks:
		u.say(tk, "the disk takes data again; going on")
	case client.ReadFailed:
		u.say(tk, "piece %d could not be read: %v", n.Piece, n.Err)
	case client.SyncFailed:
		u.say(tk, "%v; what may be lost is not noted down before it was written again", n.Err)
	case client.FileChanged:
		u.say(tk, "%s %v; checking it", tk.t.Files()[n.File].Path, n.How)
	case client.LeftBehind:
		u.app.warn("%s: %v: %v", tk.t.Name(), client.ErrLeftBehind, n.Err)
	case client.Healed:
		u.app.warn("%s: stood still by a fault of bt, which is mended (%v); please report it", tk.t.Name(), n.Defects)
	case client.PeerBanned:
		u.say(tk, "peer %v has sent bad data and is not spoken to again", n.Addr)
	case client.PeerConnected:
		if u.app.verbose {
			u.say(tk, "peer %v connected", n.Addr)
		}
	case client.PeerDisconnected:
		if u.app.verbose {
			u.say(tk, "peer %v disconnected: %v", n.Addr, n.Reason)
		}
	}
}

func retryText(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return "; again in " + durationText(d)
}

func (u *humanUI) end(tr *transfer) {
	if u.live != nil {
		u.live.end()
	}
	if !u.blocks {
		return
	}
	for _, tk := range tr.tasks {
		u.block(tk)
	}
	if slices.ContainsFunc(tr.tasks, (*task).unfinished) {
		fmt.Fprintln(u.app.stdout, "Run the same command again to go on.")
	}
}

// block prints what has become of a torrent.
func (u *humanUI) block(tk *task) {
	r, out := tk.result(), u.app.stdout
	have := r.Wanted - r.Left
	fmt.Fprintf(out, "%s\n", tk.t.Name())
	switch {
	case !tk.unfinished() && tk.phase() != phaseFailed && r.Left == 0: // what is seeded may be found damaged
		fmt.Fprintf(out, "  complete      %s%s\n", bytesText(r.Wanted), ofSizeText(&r.Status))
	case r.PiecesHad > 0:
		fmt.Fprintf(out, "  not complete  %s, %s\n", percentText(have, r.Wanted), partText(have, r.Wanted))
	default:
		fmt.Fprintf(out, "  nothing yet   of %s\n", bytesText(r.Size))
	}
	if r.Downloaded > 0 {
		fmt.Fprintf(out, "  downloaded    %s in %s, %s; wasted %s\n", bytesText(r.Downloaded-r.Wasted), shortDurationText(r.took), rateText(r.average), bytesText(r.Wasted))
	}
	if r.Uploaded > 0 || tk.goal.seed {
		fmt.Fprintf(out, "  uploaded      %s, ratio %.2f\n", bytesText(r.Uploaded), r.ratio)
	}
	path := tk.path()
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	fmt.Fprintf(out, "  path          %s\n", path)
}

// ofSizeText says that not all files were wanted.
func ofSizeText(s *client.Status) string {
	if s.Wanted == s.Size {
		return ""
	}
	return " of " + bytesText(s.Size)
}
