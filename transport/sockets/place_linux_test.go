package sockets

import (
	"bytes"
	"sync"
	"testing"

	"bt/transport"
)

// placing is a Handler that says where bytes are to be put: in pieces of growing
// size, and now and then not at all.
type placing struct {
	hooks
	mu     sync.Mutex
	got    []byte
	lent   [][]byte // what Place has returned last; nil after Placed
	calls  int
	placed int // bytes that came by Placed
	wrong  string
}

func (p *placing) Place() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lent != nil {
		p.wrong = "Place before Placed"
	}
	if p.calls++; p.calls%4 == 0 {
		return nil
	}
	for _, n := range []int{1, 13, 5000, 16 << 10, 3} {
		p.lent = append(p.lent, make([]byte, n))
	}
	return p.lent
}

func (p *placing) Placed(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lent == nil {
		p.wrong = "Placed without Place"
	}
	all := bytes.Join(p.lent, nil)
	if n > len(all) {
		p.wrong = "more was placed than there is room for"
		n = 0
	}
	p.got = append(p.got, all[:n]...)
	p.placed += n
	p.lent = nil
}

func (p *placing) Received(b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lent != nil {
		p.wrong = "Received before Placed"
	}
	p.got = append(p.got, b...)
}

func (p *placing) length() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.got)
}

// Bytes come in order, whether they are placed or received, and every buffer that
// was lent comes back before the end.
func TestPlacer(t *testing.T) {
	n := newNetwork(t)
	closed := make(chan error, 1)
	p := &placing{hooks: hooks{closed: func(err error) { closed <- err }}}
	bound := listenLoopback(t, n, func(transport.Stream) transport.Handler { return p })
	want := make([]byte, 3<<20)
	for i := range want {
		want[i] = byte(i * i >> 7)
	}
	s := n.Dial(bound, &hooks{})
	for rest := want; len(rest) > 0; {
		k := min(len(rest), 70_001)
		s.Send(rest[:k])
		rest = rest[k:]
	}
	if !wait(func() bool { return p.length() == len(want) }) {
		t.Fatalf("%d of %d bytes have come", p.length(), len(want))
	}
	s.Close()
	<-closed
	if !bytes.Equal(p.got, want) {
		t.Error("what has come is not what was sent")
	}
	if p.lent != nil {
		p.wrong = "buffers are lent after Closed"
	}
	if p.wrong != "" {
		t.Error(p.wrong)
	}
	if p.placed < len(want)/10 {
		t.Errorf("%d bytes of %d were placed", p.placed, len(want))
	}
}

// TestPlacerCloses has our own side close while bytes come: what was lent comes back.
func TestPlacerCloses(t *testing.T) {
	n := newNetwork(t)
	for range 50 {
		closed := make(chan error, 1)
		p := &placing{hooks: hooks{closed: func(err error) { closed <- err }}}
		var accepted transport.Stream
		bound := listenLoopback(t, n, func(s transport.Stream) transport.Handler {
			accepted = s
			return p
		})
		s := n.Dial(bound, &hooks{})
		s.Send(make([]byte, 1<<20))
		if !wait(func() bool { return p.length() > 0 }) {
			t.Fatal("nothing comes")
		}
		accepted.Close()
		<-closed
		if p.lent != nil || p.wrong != "" {
			t.Fatalf("buffers are lent after Closed, or %q", p.wrong)
		}
		s.Close()
	}
}

// BenchmarkPlace is BenchmarkStreams with the blocks put where they stay, in the
// place of one Received for each read. One operation is a block.
func BenchmarkPlace(b *testing.B) {
	n := newNetwork(b)
	sink := &sinkhole{left: b.N * benchBlock, done: make(chan struct{})}
	for range 16 {
		sink.space = append(sink.space, make([]byte, benchBlock))
	}
	bound := listenLoopback(b, n, func(transport.Stream) transport.Handler { return sink })
	block := [][]byte{make([]byte, benchBlock)}
	var mu sync.Mutex
	left, unreported := b.N, 0
	var s transport.Stream
	more := func() {
		for ; left > 0 && unreported < 1<<20; left-- {
			unreported += benchBlock
			s.Send(block...)
		}
	}
	opened := make(chan struct{})
	mu.Lock()
	s = n.Dial(bound, &hooks{opened: func() { close(opened) }, sent: func(n int) {
		mu.Lock()
		defer mu.Unlock()
		unreported -= n
		more()
	}})
	mu.Unlock()
	<-opened
	b.SetBytes(benchBlock)
	b.ReportAllocs()
	b.ResetTimer()
	mu.Lock()
	more()
	mu.Unlock()
	<-sink.done
	b.StopTimer()
	n.Close()
}

// sinkhole takes bytes into the same buffers again and again.
type sinkhole struct {
	hooks
	space [][]byte
	left  int
	done  chan struct{}
}

func (s *sinkhole) Place() [][]byte { return s.space }

func (s *sinkhole) Placed(n int) {
	if s.left > 0 && s.left <= n {
		close(s.done)
	}
	s.left -= n
}
