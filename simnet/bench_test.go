package simnet_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"bt/simnet"
	"bt/transport"
)

// BenchmarkCallbacks keeps a thousand hosts busy with timers.
func BenchmarkCallbacks(b *testing.B) {
	n := simnet.New(1)
	for i := range 1000 {
		h := n.NewHost(fmt.Sprint("host", i), netip.Addr{}, simnet.LinkConfig{})
		var again func()
		again = func() { h.At(time.Duration(1000+i), again) }
		again()
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		n.Step()
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// echo sends back what it gets.
type echo struct{ s transport.Stream }

func (e *echo) Opened()           {}
func (e *echo) Received(p []byte) { e.s.Send(append([]byte(nil), p...)) }
func (e *echo) Sent(int)          {}
func (e *echo) Closed(error)      {}

// BenchmarkSmallMessages is a thousand streams that play ping-pong.
func BenchmarkSmallMessages(b *testing.B) {
	n := benchNet(b, 1000, func(s transport.Stream) { s.Send([]byte("seventeen bytes..")) })
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		n.Step()
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkBlocks moves blocks of 16 KiB.
func BenchmarkBlocks(b *testing.B) {
	block := make([]byte, 16<<10)
	n := benchNet(b, 50, func(s transport.Stream) { s.Send(block) })
	b.ResetTimer()
	before := n.Totals().Delivered
	events := n.Events()
	for n.Totals().Delivered-before < int64(b.N)*int64(len(block)) {
		n.Step()
	}
	b.SetBytes(int64(len(block)))
	b.ReportMetric(float64(n.Events()-events)/b.Elapsed().Seconds(), "events/s")
}

func benchNet(b *testing.B, streams int, start func(transport.Stream)) *simnet.Internet {
	n := simnet.New(1)
	link := simnet.LinkConfig{Up: 100 << 20, Down: 100 << 20, Latency: 10 * time.Millisecond, Jitter: time.Millisecond}
	for i := range streams {
		from := n.NewHost(fmt.Sprint("a", i), netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), link)
		to := n.NewHost(fmt.Sprint("b", i), netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), link)
		addr := netip.AddrPortFrom(to.Addr(), port)
		if _, _, err := to.Net().Listen(addr, func(s transport.Stream) transport.Handler { return &echo{s} }); err != nil {
			b.Fatal(err)
		}
		e := new(echo)
		e.s = from.Net().Dial(addr, e)
		start(e.s)
	}
	n.RunUntil(simnet.Epoch.Add(time.Second))
	return n
}
