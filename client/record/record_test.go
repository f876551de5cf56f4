package record

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"bt/client/bitfield"
	"bt/client/boundary"
	"bt/client/metainfo"
	"bt/client/resume"
	"bt/client/session"
	"bt/client/wire"
)

// TestEveryEventIsRecorded reads the sources of package boundary: whatever is an
// event there has its place in kinds, once.
func TestEveryEventIsRecorded(t *testing.T) {
	have := map[string]int{}
	for _, e := range kinds {
		typ := reflect.TypeOf(e)
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		have[typ.Name()]++
	}
	files, err := filepath.Glob("../boundary/*.go")
	if err != nil {
		t.Fatal(err)
	}
	events := 0
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Recv == nil || f.Name.Name != "event" {
				continue
			}
			events++
			typ := f.Recv.List[0].Type
			if star, ok := typ.(*ast.StarExpr); ok {
				typ = star.X
			}
			if name := typ.(*ast.Ident).Name; have[name] != 1 {
				t.Errorf("event %s is %d times in kinds, want once", name, have[name])
			}
		}
	}
	if events != len(kinds) || events < 20 {
		t.Errorf("%d events in package boundary, %d kinds", events, len(kinds))
	}
}

// TestWhatCannotBeRecorded: a type that would lose something is refused when the
// program starts, not when it runs.
func TestWhatCannotBeRecorded(t *testing.T) {
	for _, x := range []any{
		struct{ hidden int }{}, struct{ M map[int]int }{}, struct{ F []float64 }{}, struct{ E any }{},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%T is taken", x)
				}
			}()
			appendType(nil, reflect.TypeOf(x))
		}()
	}
}

// fill draws a value of any type that can be recorded.
func fill(t *rapid.T, v reflect.Value) {
	switch v.Type() {
	case errorType:
		switch rapid.IntRange(0, 2).Draw(t, "error") {
		case 1:
			v.Set(reflect.ValueOf(errors.New(rapid.String().Draw(t, "text"))))
		case 2:
			fault := boundary.DiskFault(rapid.IntRange(0, 3).Draw(t, "fault"))
			v.Set(reflect.ValueOf(error(&boundary.DiskError{Fault: fault, Err: errors.New(rapid.String().Draw(t, "text"))})))
		}
		return
	case metaType:
		m := *drawMeta(t)
		v.Set(reflect.ValueOf(&m))
		return
	case bitfieldType:
		f := bitfield.New(rapid.IntRange(0, 40).Draw(t, "bits"))
		for i := range f.Len() {
			if rapid.Bool().Draw(t, "bit") {
				f.Set(i)
			}
		}
		v.Set(reflect.ValueOf(f))
		return
	case timeType:
		v.Set(reflect.ValueOf(time.Unix(rapid.Int64Range(-1e10, 1e12).Draw(t, "seconds"), rapid.Int64Range(0, 999999999).Draw(t, "nanoseconds")).UTC()))
		return
	case addrType:
		v.Set(reflect.ValueOf(drawAddr(t)))
		return
	case addrPortType:
		v.Set(reflect.ValueOf(netip.AddrPortFrom(drawAddr(t), rapid.Uint16().Draw(t, "port"))))
		return
	case messageType:
		v.Set(reflect.ValueOf(drawMessage(t)))
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, "int") >> (64 - v.Type().Bits()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(rapid.Uint64().Draw(t, "uint") >> (64 - v.Type().Bits()))
	case reflect.String:
		v.SetString(rapid.String().Draw(t, "string"))
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i))
		}
	case reflect.Slice:
		if n := rapid.IntRange(-1, 3).Draw(t, "items"); n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				fill(t, v.Index(i))
			}
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem())
		}
	case reflect.Struct:
		payload := payloadField(v.Type())
		for i := range v.NumField() {
			if i == payload {
				v.Field(i).SetBytes(block(rapid.IntRange(0, wire.BlockSize).Draw(t, "payload")))
				continue
			}
			fill(t, v.Field(i))
		}
	default:
		t.Fatalf("no way to draw a %v", v.Type())
	}
}

func drawAddr(t *rapid.T) netip.Addr {
	switch rapid.IntRange(0, 3).Draw(t, "family") {
	case 0:
		return netip.Addr{}
	case 1:
		return netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "v4")))
	case 2:
		return netip.MustParseAddr("fe80::1%eth0")
	}
	return netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "v6")))
}

func drawMessage(t *rapid.T) wire.Message {
	m := wire.Message{
		Kind: wire.Kind(rapid.SampledFrom([]wire.Kind{wire.Choke, wire.Have, wire.Bitfield, wire.Request, wire.Piece, wire.Extended, wire.KeepAlive}).Draw(t, "kind")),
		Sub:  rapid.Byte().Draw(t, "sub"), Index: rapid.Uint32().Draw(t, "index"), Begin: rapid.Uint32().Draw(t, "begin"),
	}
	if m.Kind == wire.Piece {
		m.Length = rapid.Uint32Range(1, wire.BlockSize).Draw(t, "length")
		m.Data = block(int(m.Length))
		return m
	}
	m.Length = rapid.Uint32().Draw(t, "length")
	if rapid.Bool().Draw(t, "data") {
		m.Data = rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
	}
	return m
}

// torrents to draw from: one file and several, with trackers and without.
var torrents = []*metainfo.MetaInfo{
	newMeta(metainfo.Builder{Name: "one", Single: true, PieceLength: 32 << 10, Files: []metainfo.BuildFile{{Length: 100_000}}}, 4),
	newMeta(metainfo.Builder{
		Name: "many", PieceLength: 16 << 10, Private: true, Trackers: [][]string{{"http://a.example/x", "udp://b.example:1"}, {"http://c.example"}},
		Files: []metainfo.BuildFile{{Path: []string{"a", "b"}, Length: 1}, {Path: []string{"c"}, Length: 40_000}},
	}, 3),
}

func newMeta(b metainfo.Builder, pieces int) *metainfo.MetaInfo {
	raw, err := b.Encode(make([]metainfo.Hash, pieces))
	if err != nil {
		panic(err)
	}
	m, err := metainfo.Parse(raw)
	if err != nil {
		panic(err)
	}
	return m
}

func drawMeta(t *rapid.T) *metainfo.MetaInfo { return rapid.SampledFrom(torrents).Draw(t, "torrent") }

// same compares events. Errors are compared by what the core can tell of them.
var same = cmp.Options{
	cmp.Comparer(func(a, b error) bool {
		return (a == nil) == (b == nil) && (a == nil || a.Error() == b.Error() && boundary.FaultOf(a) == boundary.FaultOf(b))
	}),
	cmp.Comparer(func(a, b bitfield.Bitfield) bool { return a.Len() == b.Len() && bytes.Equal(a.Bytes(), b.Bytes()) }),
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
	cmp.Comparer(func(a, b *metainfo.MetaInfo) bool {
		return a.InfoHash == b.InfoHash && bytes.Equal(a.InfoBytes, b.InfoBytes) && reflect.DeepEqual(a.Trackers, b.Trackers) && reflect.DeepEqual(a.Info, b.Info)
	}),
}

var began = time.Date(2026, 5, 4, 3, 2, 1, 123456789, time.UTC)

// TestRoundTrip: a run of events of all types, drawn at random, is read as it was
// written, with its times, whatever the size of blocks makes of it.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		header := Header{Start: began, Seeds: [2]uint64{rapid.Uint64().Draw(t, "seed"), 7}, Effects: rapid.Bool().Draw(t, "in full")}
		header.Session = session.Config{Port: 6881, Version: "bt", MaxPeers: 3, NoFast: rapid.Bool().Draw(t, "no fast")}
		var out bytes.Buffer
		w := NewWriter(&out, header)
		now := began
		var want []Turn
		for n := range rapid.IntRange(1, 5).Draw(t, "turns") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(3*time.Second)).Draw(t, "passed")))
			turn := Turn{Number: n + 1, Now: now, Wall: now, Whole: true}
			var effects boundary.Effects
			for i := range rapid.IntRange(0, 2).Draw(t, "effects") {
				effects.Close = append(effects.Close, boundary.Close{Conn: boundary.ConnID(i)})
			}
			if header.Effects {
				turn.Effects = DescribeEffects(&effects)
			}
			for range rapid.IntRange(1, 4).Draw(t, "events") {
				e := drawEvent(t)
				w.Event(now, e)
				step := Step{Event: e}
				if rapid.Bool().Draw(t, "refused") {
					step.Refused = []netip.Addr{drawAddr(t)}
					w.Refused(step.Refused[0])
				}
				turn.Steps = append(turn.Steps, step)
			}
			if err := w.Settle(&effects, now); err != nil {
				t.Fatal(err)
			}
			want = append(want, turn)
		}
		if err := w.End(); err != nil {
			t.Fatal(err)
		}
		r, err := NewReader(&out)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(header, r.Header()); diff != "" {
			t.Fatalf("header: %s", diff)
		}
		for _, turn := range want {
			got, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			got.sum = 0
			if diff := cmp.Diff(turn, got, same, cmp.AllowUnexported(Turn{})); diff != "" {
				t.Fatalf("turn %d: %s", turn.Number, diff)
			}
		}
		if _, err := r.Next(); err != io.EOF {
			t.Fatalf("after the end: %v", err)
		}
	})
}

func drawEvent(t *rapid.T) boundary.Event {
	typ := reflect.TypeOf(rapid.SampledFrom(kinds).Draw(t, "event"))
	if typ.Kind() == reflect.Pointer {
		v := reflect.New(typ.Elem())
		fill(t, v.Elem())
		return v.Interface().(boundary.Event)
	}
	v := reflect.New(typ).Elem()
	fill(t, v)
	return v.Interface().(boundary.Event)
}

// story is a small run: a download of two pieces from one peer.
func story() []boundary.Event {
	meta := torrents[0]
	hello := &wire.Handshake{InfoHash: meta.InfoHash, PeerID: [20]byte{1}}
	events := []boundary.Event{
		boundary.AddTorrent{ID: 1, Meta: meta, Peers: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.1:6881")}},
		boundary.FilesOpened{Torrent: 1, Present: bitfield.New(4), Stamps: make([]resume.FileStamp, 2)},
		boundary.Tick{},
		boundary.Opened{Conn: 2, Local: netip.MustParseAddrPort("10.0.0.2:6881"), Remote: netip.MustParseAddrPort("10.0.0.1:6881")},
		&boundary.Received{Conn: 2, Hello: hello, Size: 73, Msgs: []wire.Message{{Kind: wire.Bitfield, Data: []byte{0xf0}}, {Kind: wire.Unchoke}}},
		boundary.Sent{Conn: 2, N: 100},
	}
	for i := range uint32(4) {
		b := wire.Block{Index: i / 2, Begin: i % 2 * wire.BlockSize, Length: wire.BlockSize}
		m := b.Message(wire.Piece)
		m.Data = block(wire.BlockSize)
		events = append(events, &boundary.Received{Conn: 2, Size: wire.BlockSize + 13, Msgs: []wire.Message{m}})
	}
	for i := range 2 {
		events = append(events,
			boundary.BlocksWritten{Torrent: 1, Piece: i, N: 2 * wire.BlockSize},
			boundary.PieceChecked{CheckPiece: boundary.CheckPiece{Torrent: 1, Piece: i, Download: true}, OK: true})
	}
	return append(events, boundary.Closed{Conn: 2, Err: errors.New("reset")}, boundary.Shutdown{})
}

// recordStory records the story, one event a turn, 100 ms apart, and with its end.
// change, unless nil, replaces what is written of an event; the core is told what
// has happened.
func recordStory(out io.Writer, change func(i int, e boundary.Event) boundary.Event) *Writer {
	header := Header{Start: began, Session: session.Config{PeerID: [20]byte{9}, Port: 1, MaxConns: 10, MaxPeers: 10, MaxHalfOpen: 10, Slots: 4, Optimistic: 1}, Seeds: [2]uint64{1, 2}}
	w := NewWriter(out, header)
	cfg := header.Session
	cfg.Rand = rand.NewPCG(1, 2)
	s := session.New(cfg)
	var effects boundary.Effects
	for i, e := range story() {
		now := began.Add(time.Duration(i) * 100 * time.Millisecond)
		told := e
		if change != nil {
			told = change(i, e)
		}
		w.Event(now, told)
		s.Handle(now, e, &effects)
		deadline, _ := s.Deadline()
		if w.Settle(&effects, deadline) != nil {
			return w
		}
		effects.Reset()
	}
	_ = w.End()
	return w
}

func TestReplay(t *testing.T) {
	var out bytes.Buffer
	recordStory(&out, nil)
	turns := 0
	r, err := Replay(&out, func(turn *Turn, _ *boundary.Effects) { turns++ })
	if err != nil || !r.Same() || r.End != nil {
		t.Fatalf("%+v, %v", r, err)
	}
	if n := len(story()); r.Turns != n || r.Events != n || turns != n || r.Peers != 1 || r.Pieces != 2 || r.Duration != time.Duration(n-1)*100*time.Millisecond {
		t.Errorf("%s; watched %d turns", r.Summary(), turns)
	}
}

// TestPlantedDifference changes one event of the record, or leaves one out, and
// finds the turn.
func TestPlantedDifference(t *testing.T) {
	for _, test := range []struct {
		what string
		at   int // the index of the event
		to   boundary.Event
	}{
		{"another piece was checked", 13, boundary.PieceChecked{CheckPiece: boundary.CheckPiece{Torrent: 1, Piece: 1, Download: true}, OK: false}},
		{"a peer with less", 4, &boundary.Received{Conn: 2, Hello: &wire.Handshake{InfoHash: torrents[0].InfoHash, PeerID: [20]byte{1}}, Size: 73, Msgs: []wire.Message{{Kind: wire.Bitfield, Data: []byte{0x70}}, {Kind: wire.Unchoke}}}},
		{"nothing", 3, boundary.Tick{}},
	} {
		var out bytes.Buffer
		recordStory(&out, func(i int, e boundary.Event) boundary.Event {
			if i == test.at {
				return test.to
			}
			return e
		})
		r, err := Replay(&out, nil)
		if err != nil || r.Difference == nil {
			t.Fatalf("%s: %+v, %v", test.what, r, err)
		}
		if d := r.Difference; d.Turn.Number != test.at+1 || d.Before.Number != test.at {
			t.Errorf("%s: found in turn %d, want %d", test.what, d.Turn.Number, test.at+1)
		}
	}
}

// TestFilterIsReplayed: the answers of a filter are part of the record.
func TestFilterIsReplayed(t *testing.T) {
	addr := netip.MustParseAddrPort("10.0.0.7:1")
	header := Header{Start: began, Session: session.Config{MaxConns: 10, MaxPeers: 10, MaxHalfOpen: 10}}
	for _, tell := range []bool{true, false} {
		var out bytes.Buffer
		w := NewWriter(&out, header)
		s := header.session(func(a netip.Addr) bool {
			if tell {
				w.Refused(a)
			}
			return false
		})
		var effects boundary.Effects
		e := boundary.Opened{Conn: 1, Remote: addr, Incoming: true}
		w.Event(began, e)
		s.Handle(began, e, &effects)
		if len(effects.Close) != 1 {
			t.Fatalf("not refused: %q", DescribeEffects(&effects))
		}
		deadline, _ := s.Deadline()
		_ = w.Settle(&effects, deadline)
		_ = w.End()
		if r, err := Replay(&out, nil); err != nil || r.Same() != tell {
			t.Errorf("with the answer recorded %v: %+v, %v", tell, r, err)
		}
	}
}

// TestCut cuts a recording at every byte: what is there of it plays as it did,
// and it is never taken for whole.
func TestCut(t *testing.T) {
	var out bytes.Buffer
	recordStory(&flushing{&out, nil}, nil)
	whole := out.Bytes()
	turns := 0
	for n := range len(whole) {
		r, err := Replay(bytes.NewReader(whole[:n]), nil)
		switch {
		case err != nil:
			if !errors.Is(err, ErrNoRecording) && !errors.Is(err, ErrCut) {
				t.Fatalf("cut at %d: %v", n, err)
			}
		case !r.Same() || !errors.Is(r.End, ErrCut):
			t.Fatalf("cut at %d: %+v", n, r)
		case r.Turns < turns:
			t.Fatalf("cut at %d: %d turns, and %d with less of it", n, r.Turns, turns)
		default:
			turns = r.Turns
		}
	}
	if turns < 5 {
		t.Errorf("of the file cut before its last byte only %d turns are there", turns)
	}
}

// flushing counts writes, and fails those after a number.
type flushing struct {
	io.Writer
	left *int
}

func (f *flushing) Write(p []byte) (int, error) {
	if f.left != nil {
		if *f.left--; *f.left < 0 {
			return 0, errors.New("no space left on device")
		}
	}
	return f.Writer.Write(p)
}

// TestDamaged changes every byte of a recording in turn: that is always noticed.
func TestDamaged(t *testing.T) {
	var out bytes.Buffer
	recordStory(&out, nil)
	for i := range out.Len() {
		bad := bytes.Clone(out.Bytes())
		bad[i] ^= 0x41
		r, err := Replay(bytes.NewReader(bad), nil)
		if err == nil && (!r.Same() || r.End == nil) {
			t.Fatalf("byte %d: %+v", i, r)
		}
	}
}

// TestWriteFails: the first error comes back from every call after it, and
// nothing more is written.
func TestWriteFails(t *testing.T) {
	var out bytes.Buffer
	left := 1
	w := recordStory(&flushing{&out, &left}, nil)
	if err := w.Flush(); err == nil || left != -1 {
		t.Errorf("error %v, %d writes left", err, left)
	}
	if r, err := Replay(&out, nil); err != nil || !r.Same() || !errors.Is(r.End, ErrCut) || r.Turns == 0 {
		t.Errorf("what was written: %+v, %v", r, err)
	}
}

// TestCrash: of a turn that was never settled the events are there.
func TestCrash(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter(&out, Header{Start: began})
	w.Event(began, boundary.Shutdown{})
	_ = w.Settle(&boundary.Effects{}, time.Time{})
	w.Event(began.Add(time.Second), boundary.Tick{})
	// A torrent that is none: this the core has never to be told.
	w.Event(began.Add(time.Second), boundary.AddTorrent{ID: 1})
	_ = w.Flush()
	r, err := Replay(&out, nil)
	if err != nil || r.Turns != 2 || r.Events != 3 || !errors.Is(r.End, ErrCut) && r.Panic == nil {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestWallClock: the time of the core goes its own way when the clock is set.
func TestWallClock(t *testing.T) {
	var out bytes.Buffer
	start := time.Now() // has a monotonic reading beside that of the wall clock
	w := NewWriter(&out, Header{Start: start})
	for i := range 3 {
		w.Event(start.Add(time.Duration(i)*time.Second), boundary.Tick{})
		_ = w.Settle(&boundary.Effects{}, time.Time{})
	}
	_ = w.End()
	r, err := NewReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		turn, err := r.Next()
		if want := start.Add(time.Duration(i) * time.Second); err != nil || !turn.Now.Equal(want) || !turn.Wall.Equal(turn.Now) {
			t.Errorf("turn %d: %v, %v, want %v; %v", i, turn.Now, turn.Wall, want, err)
		}
	}
}

// TestCompact: a download costs a few dozen bytes a block.
func TestCompact(t *testing.T) {
	var out bytes.Buffer
	recordStory(&out, nil)
	before := out.Len()
	w := NewWriter(&out, Header{Start: began})
	now := began
	const blocks = 10_000
	for i := range uint32(blocks) {
		now = now.Add(150 * time.Microsecond)
		m := wire.Block{Index: i / 16, Begin: i % 16 * wire.BlockSize, Length: wire.BlockSize}.Message(wire.Piece)
		m.Data = block(wire.BlockSize)
		w.Event(now, &boundary.Received{Conn: 40, Size: wire.BlockSize + 13, Msgs: []wire.Message{m}})
		w.Event(now, boundary.Sent{Conn: 40, N: 17})
		w.Event(now, boundary.BlocksWritten{Torrent: 1, Piece: int(i / 16), N: wire.BlockSize})
		_ = w.Settle(&boundary.Effects{}, now)
	}
	_ = w.End()
	if each := (out.Len() - before) / blocks; each > 64 {
		t.Errorf("%d bytes a block", each)
	}
}

// FuzzReader: no bytes make the reader panic, or allocate what they do not hold.
func FuzzReader(f *testing.F) {
	var out bytes.Buffer
	recordStory(&out, nil)
	stream := bytes.Clone(out.Bytes()[headLen+sizeLen+crcLen:])
	f.Add(stream)
	f.Add(stream[:len(stream)/2])
	f.Fuzz(func(t *testing.T, stream []byte) {
		file := bytes.NewBuffer(appendHead(nil))
		w := Writer{out: file, stream: slices.Clone(stream)} // in blocks with right checksums
		_ = w.Flush()
		r, err := NewReader(file)
		for err == nil {
			_, err = r.Next()
		}
		if err != io.EOF && !errors.Is(err, ErrCut) && !errors.Is(err, ErrDamaged) {
			t.Errorf("%v", err)
		}
	})
}

// BenchmarkRecord is the cost of a block.
func BenchmarkRecord(b *testing.B) {
	w := NewWriter(io.Discard, Header{Start: began})
	m := wire.Block{Index: 1000, Begin: wire.BlockSize, Length: wire.BlockSize}.Message(wire.Piece)
	m.Data = block(wire.BlockSize)
	received := &boundary.Received{Conn: 40, Size: wire.BlockSize + 13, Msgs: []wire.Message{m}}
	effects := boundary.Effects{
		Send:  []boundary.Send{{Conn: 40, Msg: wire.Block{Index: 1000, Length: wire.BlockSize}.Message(wire.Request)}},
		Write: []boundary.WriteBlock{{Torrent: 1, Piece: 1000, Data: m.Data}},
	}
	for b.Loop() {
		w.Event(began, received)
		w.Event(began, boundary.Sent{Conn: 40, N: 17})
		_ = w.Settle(&effects, began)
	}
}

// TestDescribe: every event has a line, and no address of memory in it.
func TestDescribe(t *testing.T) {
	names := map[string]bool{}
	for _, e := range story() {
		line := Describe(e)
		names[strings.Fields(line)[0]] = true
		if strings.Contains(line, "0xc0") || strings.ContainsAny(line, "\n") {
			t.Errorf("%s", line)
		}
	}
	if len(names) < 9 {
		t.Errorf("names: %v", slices.Sorted(maps.Keys(names)))
	}
}
