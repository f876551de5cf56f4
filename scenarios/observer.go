package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"bt/client"
	"bt/client/wire"
	"bt/simnet"
)

// Observer is told what happens in a run, as it happens. It must only look: the
// run is the same with and without it.
type Observer interface {
	// Begin comes first, unless the scenario cannot be run at all.
	Begin(Stage)
	// Observe is told each event; the order is that of the run.
	Observe(Observation)
}

// Stage is what a run begins with.
type Stage struct {
	Scenario string
	About    string
	Seed     uint64
	Pieces   int   // of the torrent
	Piece    int64 // bytes in each but the last
	Size     int64 // bytes in all
	Cast     []Role
}

// Role is a host of a run.
type Role struct {
	Name string
	Kind string // "tracker", or a Kind of actors
	Addr string
}

// ObservedKind says what an Observation is about.
type ObservedKind uint8

// The kinds of observations, and which fields they have beside At and Kind.
const (
	// ObservedOpen: a connection was accepted. Host has dialled Peer.
	ObservedOpen ObservedKind = iota
	// ObservedClose: Host was told that a connection has ended; Text says why.
	ObservedClose
	// ObservedSent: Host has given the last byte of a message for Peer to its
	// connection. Name says which one; Piece, Begin and Length where it has them.
	ObservedSent
	// ObservedReceived: the last byte of a message from Peer was handed to Host.
	ObservedReceived
	// ObservedBytes: Length bytes of a connection were handed to Host.
	ObservedBytes
	// ObservedLife: a client's process; Name is "starts", "closed" or "killed".
	ObservedLife
	// ObservedNotice: a client has told some news: Name is the type of it, Text all
	// of it. Piece, and Peer, are those that it names.
	ObservedNotice
	// ObservedDisk: an operation of the disk has ended. Name is "read", "write",
	// "open" or "close", Text the error, if any.
	ObservedDisk
	// ObservedAction: the scenario does something. Name is the verb, Text whom it
	// concerns, For how long it lasts; Over says that it is undone now.
	ObservedAction
	// ObservedFailure: Name is the rule, Host the node or "", Text the detail.
	ObservedFailure
)

// Observation is one thing that has happened.
type Observation struct {
	At     time.Duration // since the start of the run
	Kind   ObservedKind
	Host   string // where; "" if it is nobody's in particular
	Peer   string // the other host, or ""
	Stream uint64 // the number of the connection, 0 if it is about none
	Dialer bool   // Host has dialled it
	Name   string
	Piece  int   // -1: it is about none
	Begin  int64 // within the piece
	Length int64 // in bytes
	Text   string
	For    time.Duration // 0: nothing undoes it
	Over   bool
}

// tell tells the observer of what happens now.
func (r *run) tell(o Observation) {
	if r.opt.Observer != nil {
		o.At = r.now()
		r.opt.Observer.Observe(o)
	}
}

// details are the news that clients are asked for beside the usual ones.
func (r *run) details() client.Details {
	if r.opt.Observer == nil {
		return 0
	}
	return client.DetailDisk
}

func (r *run) beginObserver(seed uint64) {
	if r.opt.Observer == nil {
		return
	}
	info := &r.truth.meta.Info
	stage := Stage{
		Scenario: r.scenario.Name, About: r.scenario.About, Seed: seed,
		Pieces: info.NumPieces(), Piece: info.PieceLength, Size: info.Length,
	}
	for _, h := range r.net.Hosts() {
		kind := "tracker"
		if a := r.actors[h.Name()]; a != nil {
			kind = string(a.Kind)
		}
		stage.Cast = append(stage.Cast, Role{h.Name(), kind, h.Addr().String()})
	}
	r.opt.Observer.Begin(stage)
	w := wiretap{run: r, conns: make(map[uint64]*tapped)}
	r.net.Tap(w.hear)
}

func (r *run) tellLife(host, what string) {
	r.tell(Observation{Kind: ObservedLife, Host: host, Name: what, Piece: client.NoPiece})
}

func (r *run) tellFailure(f Failure) {
	r.tell(Observation{Kind: ObservedFailure, Host: f.Node, Name: f.Rule, Text: f.Detail, Piece: client.NoPiece})
}

func (r *run) tellAction(a *Action, over bool) {
	text := strings.Join(a.Who, ", ")
	if len(a.With) > 0 {
		text += " with " + strings.Join(a.With, ", ")
	}
	r.tell(Observation{Kind: ObservedAction, Name: string(a.Do), Text: text, For: a.For.std(), Over: over, Piece: client.NoPiece})
}

// tellNotice tells of a client's news, and says whether they are such that only
// the observer has asked for.
func (r *run) tellNotice(n *node, x client.Notice) (ours bool) {
	if r.opt.Observer == nil {
		return false
	}
	o := Observation{Kind: ObservedDisk, Host: n.name, Piece: client.NoPiece}
	switch x := x.(type) {
	case client.DiskRead:
		o.Name, o.Piece, o.Begin, o.Length, o.Text = "read", x.Piece, int64(x.Begin), int64(x.N), errorText(x.Err)
	case client.DiskWritten:
		o.Name, o.Piece, o.Length, o.Text = "write", x.Piece, int64(x.N), errorText(x.Err)
	case client.DiskOpened:
		o.Name, o.Text = "open", errorText(x.Err)
	case client.DiskClosed:
		o.Name, o.Text = "close", errorText(x.Err)
	default:
		o = r.observedNews(n, x)
	}
	r.tell(o)
	return o.Kind == ObservedDisk
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// observedNews are news that everybody gets.
func (r *run) observedNews(n *node, x client.Notice) Observation {
	name, text, _ := strings.Cut(describe(x), " ")
	o := Observation{Kind: ObservedNotice, Host: n.name, Name: name, Text: text, Piece: client.NoPiece}
	switch x := x.(type) {
	case client.PieceVerified:
		o.Piece = x.Piece
	case client.PieceFailed:
		o.Piece = x.Piece
	case client.ReadFailed:
		o.Piece = x.Piece
	case client.SeedModeEnded:
		o.Piece = x.Piece
	case client.PeerBanned:
		o.Piece = x.Piece
		o.Peer = r.nameAt(x.Addr.Addr())
	case client.PeerConnected:
		o.Peer = r.nameAt(x.Addr.Addr())
	case client.PeerDisconnected:
		o.Peer = r.nameAt(x.Addr.Addr())
		o.Text = fmt.Sprintf("%v: %v", x.Reason, errorText(x.Err))
	case client.StateChanged:
		o.Text = x.State.String()
	}
	return o
}

// wiretap reads the messages of all connections, by their bytes.
type wiretap struct {
	run   *run
	conns map[uint64]*tapped
}

// tapped is a connection: what each end has sent and what each has received, as
// these may be two things. The dialer's is the first of each pair.
type tapped struct {
	sent, received [2]frameReader
	closed         int
}

func (w *wiretap) hear(e *simnet.TapEvent) {
	c := w.conns[e.Stream]
	o := Observation{Host: e.From.Name(), Peer: e.To.Name(), Stream: e.Stream, Piece: client.NoPiece}
	o.Dialer = e.Dialer
	if e.Kind == simnet.TapDelivered {
		o.Host, o.Peer, o.Dialer = o.Peer, o.Host, !o.Dialer
	}
	switch {
	case e.Kind == simnet.TapOpened:
		w.conns[e.Stream] = &tapped{}
		o.Kind = ObservedOpen
		w.run.tell(o)
	case c == nil:
		return // it was there before
	case e.Kind == simnet.TapClosed:
		o.Kind, o.Text = ObservedClose, errorText(e.Err)
		w.run.tell(o)
		if c.closed++; c.closed == 2 {
			delete(w.conns, e.Stream)
		}
	case e.Kind == simnet.TapSent:
		o.Kind = ObservedSent
		w.read(&c.sent[side(e.Dialer)], o, e.Data)
	case e.Kind == simnet.TapDelivered:
		o.Kind, o.Length = ObservedBytes, int64(len(e.Data))
		w.run.tell(o)
		o.Kind, o.Length = ObservedReceived, 0
		w.read(&c.received[side(e.Dialer)], o, e.Data)
	}
}

func side(dialer bool) int {
	if dialer {
		return 0
	}
	return 1
}

// read tells of the messages that end within p. What is no message ends the
// reading: trackers speak on such connections.
func (w *wiretap) read(r *frameReader, o Observation, p []byte) {
	_ = r.read(p, &frameFuncs{ // an error is no fault of the run, and r knows
		onHello: func(*hello) {
			o.Name = "handshake"
			w.run.tell(o)
		},
		onFrame: func(f *frame) {
			m := o
			m.Name = f.kind.String()
			if slices.Contains(aboutPieces, f.kind) {
				m.Piece, m.Begin, m.Length = int(f.block.Index), int64(f.block.Begin), int64(f.block.Length)
			}
			w.run.tell(m)
		},
	})
}

// aboutPieces are the messages that name one.
var aboutPieces = []wire.Kind{
	wire.Have, wire.Request, wire.Piece, wire.Cancel, wire.Reject, wire.Suggest, wire.AllowedFast,
}
