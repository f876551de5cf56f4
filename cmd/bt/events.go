package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"sync"
	"time"

	"bt/client"
)

// schema is the version of what --json prints. Fields may be added to it; when
// one changes its meaning or goes, the number grows.
const schema = 1

// events is the output of --json. get, seed and demo print a stream of events,
// which starts with "start"; the other commands print one object. A stream, and
// whatever has failed, ends with "exit". Names are in snake_case, bytes are
// integers, durations are in seconds, times are as in RFC 3339.
type events struct {
	out io.Writer
	now func() time.Time

	mu    sync.Mutex
	begun bool
	whole bool  // an object was printed, and that was all
	err   error // the first of writing; nobody reads any more
}

// event begins every event.
type event struct {
	Schema int       `json:"schema,omitempty"` // in the first of a stream
	Event  string    `json:"event"`
	Time   time.Time `json:"time"`
}

// seconds is how durations are printed, to the millisecond.
func seconds(d time.Duration) float64 { return math.Round(d.Seconds()*1000) / 1000 }

func (e *events) head(name string) event {
	return event{Event: name, Time: e.now().UTC().Truncate(time.Millisecond)}
}

// start is always the first event of a stream.
func (e *events) start(command string) {
	h := e.head("start")
	h.Schema = schema
	e.emit(struct {
		event
		Version string `json:"version"`
		Command string `json:"command"`
	}{h, version, command})
}

// exit is the last event. After an object, success needs no other word.
func (e *events) exit(code exitCode, err error) {
	h := e.head("exit")
	e.mu.Lock()
	begun, whole := e.begun, e.whole
	e.mu.Unlock()
	if whole || !begun && err == nil {
		return
	}
	if !begun {
		h.Schema = schema
	}
	text := ""
	if err != nil {
		text = printable(err.Error())
	}
	e.emit(struct {
		event
		Code  exitCode `json:"code"`
		Kind  string   `json:"kind"`
		Error string   `json:"error,omitempty"`
	}{h, code, code.kind(), text})
}

// object prints v as the only line.
func (e *events) object(v any) error {
	e.emit(v)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.whole = true
	return e.err
}

// emit prints one line. The calls come from more than one goroutine.
func (e *events) emit(v any) {
	line, err := json.Marshal(v)
	if err != nil {
		panic("bt: an event that cannot be JSON: " + err.Error())
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.begun = true
	if _, err := e.out.Write(append(line, '\n')); err != nil && e.err == nil {
		e.err = err
	}
}

// statusEvent describes a torrent; it is the event "status", and part of "done".
type statusEvent struct {
	event
	InfoHash   string `json:"info_hash"`
	Name       string `json:"name"`
	Phase      phase  `json:"phase"`
	Size       int64  `json:"size"`              // of all files
	Wanted     int64  `json:"wanted"`            // of the pieces wanted
	Left       int64  `json:"left"`              // of those, what is missing
	Pieces     int    `json:"pieces"`            // in all
	PiecesHave int    `json:"pieces_have"`       // verified
	Trusted    int    `json:"trusted,omitempty"` // had, but not verified: see 'bt seed --trust'
	Downloaded int64  `json:"downloaded"`        // payload since the start, waste included
	Uploaded   int64  `json:"uploaded"`
	Wasted     int64  `json:"wasted"`
	DownRate   int64  `json:"down_rate"` // bytes per second
	UpRate     int64  `json:"up_rate"`
	Peers      int    `json:"peers"`
	Seeds      int    `json:"seeds"`

	Ratio float64 `json:"ratio"` // uploaded, earlier runs included, by what is here

	// A limit that was given, in bytes per second for all torrents together, and
	// whether it is what holds the rate.
	DownLimit int64 `json:"down_limit,omitempty"`
	UpLimit   int64 `json:"up_limit,omitempty"`
	DownHeld  bool  `json:"down_held,omitempty"`
	UpHeld    bool  `json:"up_held,omitempty"`

	Checked *float64 `json:"checked,omitempty"` // share of a hash check under way, 0 to 1
	ETA     *float64 `json:"eta,omitempty"`     // seconds
	Why     string   `json:"why,omitempty"`     // what it waits for
}

func newStatusEvent(h event, tk *task) statusEvent {
	s := tk.t.Status()
	e := statusEvent{
		event: h, InfoHash: tk.t.InfoHash().String(), Name: tk.t.Name(), Phase: tk.phase(),
		Size: s.Size, Wanted: s.Wanted, Left: s.Left, Pieces: s.Pieces, PiecesHave: s.PiecesHad - s.Trusted, Trusted: s.Trusted,
		Downloaded: s.Downloaded, Uploaded: s.Uploaded, Wasted: s.Wasted,
		DownRate: s.DownRate, UpRate: s.UpRate, Peers: s.Peers, Seeds: s.Seeds, Why: s.Why,
	}
	e.Ratio = tk.ratio(&s)
	e.DownLimit, e.UpLimit = tk.rates.down, tk.rates.up
	e.DownHeld, e.UpHeld = tk.rates.downHeld.Load(), tk.rates.upHeld.Load()
	if s.Checking {
		e.Checked = &s.Checked
	}
	if left, ok := eta(&s); ok {
		s := seconds(left)
		e.ETA = &s
	}
	return e
}

// eventsUI reports a transfer as events.
type eventsUI struct {
	*events
	verbose bool
}

// statusInterval is how often a status of each torrent is printed as JSON.
const statusInterval = time.Second

func (u *eventsUI) begin(tr *transfer) {
	type file struct {
		Path     string `json:"path"`
		Size     int64  `json:"size"`
		Priority int    `json:"priority"`
	}
	u.emit(struct {
		event
		Port int `json:"port"`
	}{u.head("listening"), tr.client.Port()})
	for _, tk := range tr.tasks {
		files := []file{}
		for _, f := range tk.t.Files() {
			if !f.Pad {
				files = append(files, file{f.Path, f.Length, f.Priority})
			}
		}
		u.emit(struct {
			event
			InfoHash string `json:"info_hash"`
			Name     string `json:"name"`
			Size     int64  `json:"size"`
			Files    []file `json:"files"`
		}{u.head("torrent"), tk.t.InfoHash().String(), tk.t.Name(), tk.t.Size(), files})
	}
}

func (u *eventsUI) interval() time.Duration { return statusInterval }

func (u *eventsUI) tick(tr *transfer) {
	for _, tk := range tr.tasks {
		u.emit(newStatusEvent(u.head("status"), tk))
	}
}

func (u *eventsUI) stopping(*transfer) { u.emit(u.head("stopping")) }

func (u *eventsUI) phase(tk *task, _ phase) { u.emit(newStatusEvent(u.head("phase"), tk)) }

func (u *eventsUI) failed(tk *task, err error) {
	u.emit(struct {
		event
		InfoHash string `json:"info_hash"`
		Name     string `json:"name"`
		Error    string `json:"error"`
	}{u.head("failed"), tk.t.InfoHash().String(), tk.t.Name(), printable(err.Error())})
}

func (u *eventsUI) end(tr *transfer) {
	for _, tk := range tr.tasks {
		r := tk.result()
		u.emit(struct {
			statusEvent
			Path    string  `json:"path"`
			Seconds float64 `json:"seconds"` // of downloading
			Average int64   `json:"average"` // bytes per second
		}{newStatusEvent(u.head("done"), tk), tk.path(), seconds(r.took), r.average})
	}
}

// news prints what trackers say, and what peers do if that was asked for.
func (u *eventsUI) news(tk *task, n client.Notice) {
	hash := tk.t.InfoHash().String()
	switch n := n.(type) {
	case client.TrackerAnswered:
		u.emit(struct {
			event
			InfoHash string  `json:"info_hash"`
			URL      string  `json:"url"`
			Announce string  `json:"announce,omitempty"`
			Peers    int     `json:"peers"`
			Interval float64 `json:"interval"`
			Warning  string  `json:"warning,omitempty"`
		}{u.head("tracker"), hash, n.URL, n.Event, n.Peers, seconds(n.Interval), printable(n.Warning)})
	case client.TrackerFailed:
		u.emit(struct {
			event
			InfoHash string  `json:"info_hash"`
			URL      string  `json:"url"`
			Announce string  `json:"announce,omitempty"`
			Error    string  `json:"error"`
			Retry    float64 `json:"retry"`
		}{u.head("tracker_failed"), hash, n.URL, n.Event, printable(n.Err.Error()), seconds(n.Retry)})
	case client.PieceFailed:
		u.emit(struct {
			event
			InfoHash string `json:"info_hash"`
			Piece    int    `json:"piece"`
		}{u.head("piece_failed"), hash, n.Piece})
	case client.SeedModeEnded:
		u.emit(struct {
			event
			InfoHash string `json:"info_hash"`
			Error    string `json:"error"`
		}{u.head("trust_ended"), hash, printable(n.Err.Error())})
	case client.DiskWaits:
		u.disk("disk_waits", hash, n.Err)
	case client.DiskWorks:
		u.disk("disk_works", hash, nil)
	case client.ReadFailed:
		u.disk("read_failed", hash, n.Err)
	case client.SyncFailed:
		u.disk("sync_failed", hash, n.Err)
	case client.FileChanged:
		u.disk("file_changed", hash, fmt.Errorf("%s %v", tk.t.Files()[n.File].Path, n.How))
	case client.LeftBehind:
		u.disk("left_behind", hash, n.Err)
	case client.Healed:
		u.disk("healed", hash, fmt.Errorf("%v", n.Defects))
	case client.CacheRefused:
		if u.verbose {
			u.emit(struct {
				event
				InfoHash string `json:"info_hash"`
				Error    string `json:"error"`
			}{u.head("state_refused"), hash, printable(n.Err.Error())})
		}
	default:
		u.peerNews(hash, n)
	}
}

// disk prints what has become of a disk, and what the client does about it.
func (u *eventsUI) disk(name, hash string, err error) {
	text := ""
	if err != nil {
		text = printable(err.Error())
	}
	u.emit(struct {
		event
		InfoHash string `json:"info_hash"`
		Error    string `json:"error,omitempty"`
	}{u.head(name), hash, text})
}

func (u *eventsUI) peerNews(hash string, n client.Notice) {
	type peer struct {
		event
		InfoHash string `json:"info_hash"`
		Addr     string `json:"addr"`
		Incoming bool   `json:"incoming"`
		Reason   string `json:"reason,omitempty"`
	}
	switch n := n.(type) {
	case client.PeerBanned:
		u.emit(peer{u.head("peer_banned"), hash, n.Addr.String(), false, ""})
	case client.PeerConnected:
		if u.verbose {
			u.emit(peer{u.head("peer_connected"), hash, n.Addr.String(), n.Incoming, ""})
		}
	case client.PeerDisconnected:
		if u.verbose {
			u.emit(peer{u.head("peer_disconnected"), hash, n.Addr.String(), n.Incoming, n.Reason.String()})
		}
	}
}
