package scenarios

import (
	"bytes"
	"net/netip"
	"net/url"
	"path"

	"bt/client"
)

// announceWatch is T1, the order of what a client tells its trackers: started
// before anything else, completed after a download and once, stopped after
// started, and nothing after that but started again. It reads the requests
// themselves.
type announceWatch struct {
	started   bool
	stopped   map[string]bool // by tracker
	told      map[string]bool // trackers that were told of completion
	completed bool            // the client has finished a download
	repeats   int             // so often may completed be said once more: it has failed
	families  int             // of addresses, over each of which it is said
	asked     bool            // completed is under way
}

// handleAsked notes that completed is being told.
func (a *announceWatch) handleAsked(n client.TrackerAsked) {
	a.asked = a.asked || n.Event == "completed"
}

// handleAnswered notes that it was heard.
func (a *announceWatch) handleAnswered(n client.TrackerAnswered) {
	a.asked = a.asked && n.Event != "completed"
}

// handleState: when a torrent is stopped, what is under way is given up after a
// while without a word; it has failed as far as the client knows.
func (a *announceWatch) handleState(s client.State) {
	if a.asked && s != client.Stopped {
		a.asked = false
		a.repeats += a.families
	}
}

// handleFailed: what a tracker has not taken may be said again.
func (a *announceWatch) handleFailed(n client.TrackerFailed) {
	if n.Event == "completed" {
		a.asked = false
		a.repeats += a.families
	}
}

// handleAnnounce reads the first line of a request, if data begins with one. It
// returns nil if it is no announce.
func (w *watched) handleAnnounce(to netip.AddrPort, data []byte) *exchange {
	line, _, _ := bytes.Cut(data, []byte("\r\n"))
	method, rest, _ := bytes.Cut(line, []byte(" "))
	target, _, _ := bytes.Cut(rest, []byte(" "))
	u, err := url.ParseRequestURI(string(target))
	if string(method) != "GET" || err != nil {
		return nil
	}
	query := u.Query()
	if !query.Has("info_hash") {
		return nil
	}
	if path.Base(u.Path) == "scrape" {
		return nil // which tells the tracker nothing
	}
	tracker := to.String() + u.Path
	if wrong := w.announce.judge(tracker, query.Get("event")); wrong != "" {
		w.violation("T1", "to %s: %s", tracker, wrong)
	}
	w.judgeLedger(hostOf(data)+u.Path, query)
	w.judgeIdentity(tracker, query)
	return &exchange{who: w, tracker: hostOf(data) + u.Path}
}

// hostOf is the host that a request is for, as in its URL.
func hostOf(data []byte) string {
	_, rest, _ := bytes.Cut(data, []byte("\r\nHost: "))
	host, _, _ := bytes.Cut(rest, []byte("\r\n"))
	return string(host)
}

// judge says what is wrong with an announce, "" if nothing is.
func (a *announceWatch) judge(tracker, event string) (wrong string) {
	if a.stopped == nil {
		a.stopped, a.told = make(map[string]bool), make(map[string]bool)
	}
	switch {
	case event != "started" && !a.started:
		wrong = "announces \"" + event + "\" before started"
	case event != "started" && a.stopped[tracker] && event != "stopped":
		wrong = "announces \"" + event + "\" after stopped"
	}
	switch event {
	case "started":
		a.started = true
		a.stopped[tracker] = false
	case "stopped":
		a.stopped[tracker] = true
	case "completed":
		switch {
		case !a.completed:
			wrong = "announces completed without having downloaded"
		case a.told[tracker] && a.repeats == 0:
			wrong = "announces completed again"
		case a.told[tracker]:
			a.repeats--
		}
		a.told[tracker] = true
	}
	return wrong
}
