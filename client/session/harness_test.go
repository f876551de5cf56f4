package session

import (
	"crypto/sha1"
	"errors"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"bt/client/bitfield"
	"bt/client/boundary"
	"bt/client/metainfo"
	"bt/client/resume"
	"bt/client/wire"
)

// world is a session with everything around it played by the test: peers speak
// protocol, the disk answers at once unless it is held.
type world struct {
	t       *testing.T
	s       *Session
	now     time.Time
	out     boundary.Effects
	meta    *metainfo.MetaInfo
	content []byte

	remotes map[boundary.ConnID]*remote
	lastIn  boundary.ConnID
	dials   []boundary.Dial // not answered yet
	fetches []boundary.Fetch
	packets []boundary.Packet // sent
	names   []netip.Addr      // what every name stands for; nil: trackerAddr
	absent  bool              // no name stands for anything
	notices []boundary.Notice
	allowed []boundary.AllowReads

	onDisk   bitfield.Bitfield // what FilesOpened reports
	disk     map[int][]byte    // piece → bytes written
	holdDisk bool              // leave writes and checks unanswered
	held     []boundary.Event
	readErr  error
	notKept  error // why what was just written cannot be right: the disk has not kept it
	writeErr error // of everything written
	syncErr  error
	closeErr error
	readOnly error // of what is written again
	checkErr error // of hash checks
	free     int64 // what a probe finds
	probes   int
	looks    int
	changes  []boundary.FileChange // what the next look finds
	rewrites []int                 // pieces that were written again
	modTime  time.Time             // of the file
	checked  int
}

// trackerAddr is what every name stands for, unless the test says otherwise.
var trackerAddr = netip.MustParseAddr("203.0.113.80")

const torrentID = boundary.TorrentID(1)

var start = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// newWorld has one torrent of the given size in pieces of pieceLen, added in
// state active with nothing on disk.
func newWorld(t *testing.T, size, pieceLen int, change ...func(*Config, *boundary.AddTorrent)) *world {
	t.Helper()
	w := &world{
		t: t, now: start, content: make([]byte, size),
		remotes: map[boundary.ConnID]*remote{}, disk: map[int][]byte{}, lastIn: 1,
	}
	rng := rand.New(rand.NewPCG(7, 7))
	for i := range w.content {
		w.content[i] = byte(rng.Uint32())
	}
	var hashes []metainfo.Hash
	for b := range slices.Chunk(w.content, pieceLen) {
		hashes = append(hashes, sha1.Sum(b))
	}
	b := metainfo.Builder{
		Name: "x", Single: true, PieceLength: int64(pieceLen),
		Files:    []metainfo.BuildFile{{Path: []string{"x"}, Length: int64(size)}},
		Trackers: [][]string{{"http://tracker.example/announce"}},
	}
	raw, err := b.Encode(hashes)
	if err != nil {
		t.Fatal(err)
	}
	if w.meta, err = metainfo.Parse(raw); err != nil {
		t.Fatal(err)
	}
	w.onDisk = bitfield.New(len(hashes))
	cfg := Config{
		PeerID: [20]byte{'m', 'e'}, Port: 6881, MaxConns: 50, MaxPeers: 30, MaxHalfOpen: 5, Slots: 4, Optimistic: 1,
		Rand: rand.NewPCG(1, 1),
	}
	add := boundary.AddTorrent{ID: torrentID, Meta: w.meta}
	for _, f := range change {
		f(&cfg, &add)
	}
	w.s = New(cfg)
	w.handle(add)
	return w
}

// newSeed has the whole torrent on disk before it starts.
func newSeed(t *testing.T, size, pieceLen int, change ...func(*Config, *boundary.AddTorrent)) *world {
	t.Helper()
	w := newWorld(t, size, pieceLen, append(change, func(_ *Config, a *boundary.AddTorrent) { a.State = boundary.Stopped })...)
	w.onDisk.SetAll()
	for p := range w.meta.Info.NumPieces() {
		w.disk[p] = w.piece(p)
	}
	w.handle(boundary.SetState{Torrent: torrentID, State: boundary.Active})
	return w
}

func (w *world) piece(p int) []byte {
	from := p * int(w.meta.Info.PieceLength)
	return slices.Clone(w.content[from : from+int(w.meta.Info.PieceSize(p))])
}

// handle gives the session an event and plays the world's answers.
func (w *world) handle(e boundary.Event) {
	w.t.Helper()
	events := []boundary.Event{e}
	for n := 0; len(events) > 0; n++ {
		if n > 10000 {
			w.t.Fatal("the session never comes to rest")
		}
		w.out.Reset()
		w.s.Handle(w.now, events[0], &w.out)
		events = append(events[1:], w.perform()...)
	}
}

func (w *world) perform() (events []boundary.Event) {
	w.dials = append(w.dials, w.out.Dial...)
	for _, s := range w.out.Send {
		r := w.remotes[s.Conn]
		if r == nil {
			w.t.Fatalf("sends %v on connection %d, which is not open", s.Msg, s.Conn)
		}
		r.hear(s)
		if !r.deaf {
			events = append(events, boundary.Sent{Conn: s.Conn, N: length(s)})
		}
	}
	for _, c := range w.out.Close {
		if r := w.remotes[c.Conn]; r != nil {
			r.closed = true
		}
		events = append(events, boundary.Closed{Conn: c.Conn})
	}
	w.fetches = append(w.fetches, w.out.Fetch...)
	w.packets = append(w.packets, w.out.Packets...)
	for _, r := range w.out.Resolve {
		events = append(events, w.resolved(r))
	}
	w.notices = append(w.notices, w.out.Notify...)
	w.allowed = append(w.allowed, w.out.Allow...)
	return append(events, w.performDisk()...)
}

func (w *world) resolved(r boundary.Resolve) boundary.Resolved {
	switch {
	case w.absent:
		return boundary.Resolved{ID: r.ID, Err: errNoSuchName}
	case w.names != nil:
		return boundary.Resolved{ID: r.ID, Addrs: w.names}
	}
	return boundary.Resolved{ID: r.ID, Addrs: []netip.Addr{trackerAddr}}
}

var errNoSuchName = errors.New("no such name")

func (w *world) performDisk() (events []boundary.Event) {
	for _, id := range w.out.OpenFiles {
		events = append(events, boundary.FilesOpened{Torrent: id, Present: w.onDisk, Stamps: w.stamps()})
	}
	for _, id := range w.out.Sync {
		events = append(events, boundary.FilesSynced{Torrent: id, Stamps: w.stamps(), Err: w.syncErr})
	}
	for _, p := range w.out.Probe {
		w.probes++
		events = append(events, boundary.DiskProbed{Torrent: p.Torrent, Free: w.free})
	}
	for _, l := range w.out.Look {
		w.looks++
		events = append(events, boundary.FilesLooked{Torrent: l.Torrent, Changes: w.changes})
		w.changes = nil
	}
	var slow []boundary.Event
	lost := make(map[int]bool)
	for _, wr := range w.out.Write {
		if w.writeErr != nil {
			lost[wr.Piece] = true
			b := wire.Block{Index: uint32(wr.Piece), Begin: uint32(wr.Begin), Length: uint32(len(wr.Data))}
			slow = append(slow, boundary.BlocksWritten{Torrent: wr.Torrent, Piece: wr.Piece, N: len(wr.Data), Lost: []wire.Block{b}, Err: w.writeErr})
			continue
		}
		if check := (boundary.CheckPiece{Piece: wr.Piece}); wr.Spare && w.checkErr == nil && w.check(check).OK {
			slow = append(slow, boundary.BlocksWritten{Torrent: wr.Torrent, Piece: wr.Piece, N: len(wr.Data), Right: true})
			continue
		}
		if w.disk[wr.Piece] == nil {
			w.disk[wr.Piece] = make([]byte, w.meta.Info.PieceSize(wr.Piece))
		}
		copy(w.disk[wr.Piece][wr.Begin:], wr.Data)
		slow = append(slow, boundary.BlocksWritten{Torrent: wr.Torrent, Piece: wr.Piece, N: len(wr.Data)})
	}
	for _, c := range w.out.Check {
		e := w.check(c)
		switch {
		case c.Download && lost[c.Piece]:
			e = boundary.PieceChecked{CheckPiece: c, Void: true}
		case w.checkErr != nil && !c.Download:
			e = boundary.PieceChecked{CheckPiece: c, Err: w.checkErr}
		case c.Rewrite && e.OK && w.readOnly != nil:
			e.ReadOnly = w.readOnly
		case c.Rewrite && e.OK:
			w.rewrites = append(w.rewrites, c.Piece)
		}
		slow = append(slow, e)
	}
	if w.holdDisk {
		w.held = append(w.held, slow...)
	} else {
		events = append(events, slow...)
	}
	for _, r := range w.out.Read {
		b := r.Block
		e := boundary.BlockRead{Torrent: r.Torrent, Conn: r.Conn, Block: b, Err: w.readErr}
		if w.readErr == nil {
			e.Data = w.disk[int(b.Index)][b.Begin : b.Begin+b.Length]
		}
		events = append(events, e)
	}
	for _, m := range w.out.MoveFiles {
		events = append(events, boundary.FilesMoved{Torrent: m.Torrent})
	}
	for _, id := range w.out.CloseFiles {
		events = append(events, boundary.FilesClosed{Torrent: id, Stamps: w.stamps(), Err: w.closeErr})
	}
	return events
}

// stamps are those of a file of full length, and of no part file.
func (w *world) stamps() []resume.FileStamp {
	return []resume.FileStamp{{Size: int64(len(w.content)), ModTime: w.modTime, Exists: true}, {}}
}

func (w *world) check(c boundary.CheckPiece) boundary.PieceChecked {
	w.checked++
	data := w.disk[c.Piece]
	e := boundary.PieceChecked{CheckPiece: c, OK: metainfo.Hash(sha1.Sum(data)) == w.meta.Info.PieceHash(c.Piece)}
	if c.Digests || c.Download && (!e.OK || w.notKept != nil) {
		if w.notKept != nil {
			e.OK, e.Unread = false, w.notKept
			return e
		}
		for b := range slices.Chunk(data, wire.BlockSize) {
			e.Digests = append(e.Digests, sha1.Sum(b))
		}
	}
	return e
}

// releaseDisk answers what was held.
func (w *world) releaseDisk() {
	w.t.Helper()
	held := w.held
	w.held, w.holdDisk = nil, false
	for _, e := range held {
		w.handle(e)
	}
}

// advance lets time pass, with a tick at every deadline on the way.
func (w *world) advance(d time.Duration) {
	w.t.Helper()
	end := w.now.Add(d)
	for n := 0; ; n++ {
		at, why := w.s.Deadline()
		if at.IsZero() || at.After(end) {
			break
		}
		if n > 100000 {
			w.t.Fatalf("deadline %q does not pass", why)
		}
		if at.After(w.now) {
			w.now = at
		}
		w.handle(boundary.Tick{})
	}
	w.now = end
}

// dialled answers the oldest dial.
func (w *world) dialled(hello *wire.Handshake) *remote {
	w.t.Helper()
	if len(w.dials) == 0 {
		w.t.Fatal("nothing was dialled")
	}
	d := w.dials[0]
	w.dials = w.dials[1:]
	r := w.newRemote(d.Conn, d.Addr)
	w.handle(boundary.Opened{Conn: d.Conn, Remote: d.Addr})
	if hello != nil {
		w.handle(&boundary.Received{Conn: d.Conn, Hello: hello})
	}
	return r
}

// accepted is an incoming connection; without hello it stays silent.
func (w *world) accepted(addr string, hello *wire.Handshake) *remote {
	w.t.Helper()
	w.lastIn += 2
	a := netip.MustParseAddrPort(addr)
	r := w.newRemote(w.lastIn, a)
	w.handle(boundary.Opened{Conn: w.lastIn, Remote: a, Incoming: true})
	if hello != nil {
		w.handle(&boundary.Received{Conn: w.lastIn, Hello: hello})
	}
	return r
}

// hello is the handshake of a remote side.
func (w *world) hello(id string, fast bool) *wire.Handshake {
	h := &wire.Handshake{InfoHash: w.meta.InfoHash}
	copy(h.PeerID[:], id)
	if fast {
		h.SetFast()
	}
	return h
}

// peer is an incoming peer without the fast extension, past the handshakes.
func (w *world) peer(id string) *remote {
	w.t.Helper()
	r := w.accepted("10.0.0."+id+":1000", w.hello(id, false))
	r.heard = nil
	return r
}

func (w *world) fastPeer(id string) *remote {
	w.t.Helper()
	r := w.accepted("10.0.0."+id+":1000", w.hello(id, true))
	r.heard = nil
	return r
}

func (w *world) newRemote(id boundary.ConnID, addr netip.AddrPort) *remote {
	r := &remote{w: w, id: id, addr: addr}
	w.remotes[id] = r
	return r
}

// reason is that of the last disconnect of addr.
func (w *world) reason(addr netip.AddrPort) (boundary.Reason, bool) {
	for _, n := range slices.Backward(w.notices) {
		if d, ok := n.(boundary.PeerDisconnected); ok && d.Addr == addr {
			return d.Reason, true
		}
	}
	return 0, false
}

// count counts the notices of one type.
func count[N boundary.Notice](w *world) (n int) {
	for _, x := range w.notices {
		if _, ok := x.(N); ok {
			n++
		}
	}
	return n
}

func length(s boundary.Send) int {
	if s.Hello != nil {
		return wire.HandshakeLen
	}
	return wire.Len(s.Msg)
}

// remote is the other end of a connection.
type remote struct {
	w      *world
	id     boundary.ConnID
	addr   netip.AddrPort
	hello  *wire.Handshake
	heard  []wire.Message // since it was last looked at
	deaf   bool           // reads nothing: what is sent to it does not leave
	closed bool
}

func (r *remote) hear(s boundary.Send) {
	if s.Hello != nil {
		r.hello = s.Hello
		return
	}
	s.Msg.Data = slices.Clone(s.Msg.Data)
	r.heard = append(r.heard, s.Msg)
}

func (r *remote) sends(msgs ...wire.Message) {
	r.w.t.Helper()
	r.w.handle(&boundary.Received{Conn: r.id, Msgs: msgs})
}

// take returns what was heard since the last look.
func (r *remote) take() []wire.Message {
	h := r.heard
	r.heard = nil
	return h
}

// want requires exactly these messages since the last look.
func (r *remote) want(what string, msgs ...wire.Message) {
	r.w.t.Helper()
	got := r.take()
	if !slices.EqualFunc(got, msgs, func(a, b wire.Message) bool { return a.String() == b.String() && slices.Equal(a.Data, b.Data) }) {
		r.w.t.Fatalf("%s: heard %v, want %v", what, got, msgs)
	}
}

func (r *remote) wantIdle(what string) {
	r.w.t.Helper()
	r.want(what)
}

func (r *remote) wantClosed(what string, reason boundary.Reason) {
	r.w.t.Helper()
	got, ok := r.w.reason(r.addr)
	if !r.closed || !ok || got != reason {
		r.w.t.Fatalf("%s: closed %v for %v, want %v", what, r.closed, got, reason)
	}
}

// answers sends the blocks that were requested, and returns how many.
func (r *remote) answers(msgs []wire.Message) int {
	r.w.t.Helper()
	n := 0
	for _, m := range msgs {
		if m.Kind == wire.Request {
			r.sends(r.block(m.Block()))
			n++
		}
	}
	return n
}

func (r *remote) block(b wire.Block) wire.Message {
	from := int(b.Index)*int(r.w.meta.Info.PieceLength) + int(b.Begin)
	return wire.Message{Kind: wire.Piece, Index: b.Index, Begin: b.Begin, Length: b.Length, Data: slices.Clone(r.w.content[from : from+int(b.Length)])}
}
