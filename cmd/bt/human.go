package main

import (
	"fmt"
	"io"
	"path/filepath"
	"time"

	"bt/client"
)

// humanUI reports a transfer in words: progress and what happens on stderr, the
// result on stdout. On a terminal progress is drawn in place, see liveView;
// elsewhere a line comes now and then.
type humanUI struct {
	app  *app
	live *liveView // nil: lines
	told map[string]string
}

// lineInterval is how often progress is printed where it cannot be drawn: a log
// of a night stays readable.
const lineInterval = 10 * time.Second

func (a *app) newUI() ui {
	if a.json {
		return &eventsUI{a.events, a.verbose}
	}
	u := &humanUI{app: a, told: make(map[string]string)}
	if !a.quiet && a.live() {
		u.live = newLiveView(a.stderr)
	}
	return u
}

func (u *humanUI) begin(tr *transfer) {
	if u.app.verbose {
		u.say("listening on port %d", tr.client.Port())
	}
	if u.live != nil {
		u.live.begin(tr.tasks)
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
		u.say("%s: %s", tk.t.Name(), progressText(tk))
	}
}

// say prints a line, above what is drawn in place.
func (u *humanUI) say(format string, args ...any) {
	if !u.app.quiet {
		u.print(format, args...)
	}
}

func (u *humanUI) print(format string, args ...any) {
	var w io.Writer = u.app.stderr
	if u.live != nil {
		w = u.live
	}
	fmt.Fprintf(w, "bt: %s\n", printable(fmt.Sprintf(format, args...)))
}

func (u *humanUI) phase(tk *task, p phase) {
	s := tk.t.Status()
	switch have := s.Wanted - s.Left; {
	case p == phaseDownloading && have > 0:
		u.say("%s: %s of %s is here already", tk.t.Name(), percentText(have, s.Wanted), bytesText(s.Wanted))
	case p == phaseVerifying:
		u.say("%s: complete; reading it back", tk.t.Name())
	case p == phaseSeeding:
		u.say("%s: complete; seeding until Ctrl-C", tk.t.Name())
	}
}

func (u *humanUI) failed(tk *task, err error) { u.print("%s: %v", tk.t.Name(), err) }

func (u *humanUI) stopping(tr *transfer) {
	for _, tk := range tr.tasks {
		if !tk.over() {
			u.say("stopping: telling the trackers and writing what has come (Ctrl-C again ends at once)")
			return
		}
	}
}

// news is for the curious, but for trackers that begin to fail: their words
// often are the reason why nothing moves.
func (u *humanUI) news(tk *task, n client.Notice) {
	switch n := n.(type) {
	case client.TrackerFailed:
		if text := n.Err.Error(); u.app.verbose || u.told[n.URL] != text {
			u.told[n.URL] = text
			u.say("%s: tracker %s: %s%s", tk.t.Name(), hostOf(n.URL), text, retryText(n.Retry))
		}
	case client.TrackerAnswered:
		delete(u.told, n.URL)
		if n.Warning != "" && u.told["warning "+n.URL] != n.Warning {
			u.told["warning "+n.URL] = n.Warning
			u.say("%s: tracker %s warns: %s", tk.t.Name(), hostOf(n.URL), n.Warning)
		}
		if u.app.verbose {
			u.say("%s: tracker %s: %s", tk.t.Name(), hostOf(n.URL), count(n.Peers, "peer"))
		}
	case client.PeerBanned:
		u.say("%s: peer %v has sent bad data and is not spoken to again", tk.t.Name(), n.Addr)
	case client.PeerConnected:
		if u.app.verbose {
			u.say("%s: peer %v connected", tk.t.Name(), n.Addr)
		}
	case client.PeerDisconnected:
		if u.app.verbose {
			u.say("%s: peer %v disconnected: %v", tk.t.Name(), n.Addr, n.Reason)
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
	if u.app.quiet {
		return
	}
	for _, tk := range tr.tasks {
		u.block(tk)
	}
}

// block prints what has become of a torrent.
func (u *humanUI) block(tk *task) {
	r, out := tk.result(), u.app.stdout
	have := r.Wanted - r.Left
	fmt.Fprintf(out, "%s\n", tk.t.Name())
	if tk.unfinished() || tk.phase() == phaseFailed {
		fmt.Fprintf(out, "  not complete  %s, %s\n", percentText(have, r.Wanted), partText(have, r.Wanted))
	} else {
		fmt.Fprintf(out, "  complete      %s%s\n", bytesText(r.Wanted), ofSizeText(&r.Status))
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
	if tk.unfinished() {
		fmt.Fprintln(out, "  Run the same command again to go on.")
	}
}

// ofSizeText says that not all files were wanted.
func ofSizeText(s *client.Status) string {
	if s.Wanted == s.Size {
		return ""
	}
	return " of " + bytesText(s.Size)
}
