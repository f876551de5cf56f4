package sockets

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"

	"bt/transport/transporttest"
)

// TestMain wants every goroutine to have ended with what it served.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestContract(t *testing.T) { transporttest.Run(t, newWorld) }

// newWorld makes two hosts of one: both are the loopback interface.
func newWorld(t *testing.T) transporttest.World {
	host := func() transporttest.Host {
		h := transporttest.Host{Net: newNetwork(t), HTTP: newFetcher(t), Names: newResolver(t), Addr: netip.MustParseAddr("127.0.0.1")}
		if hasIPv6() {
			h.Addr6 = netip.IPv6Loopback()
		}
		return h
	}
	return transporttest.World{
		A:      host(),
		B:      host(),
		Name:   "localhost",
		Serve:  serve,
		Wait:   wait,
		Settle: func() { time.Sleep(50 * time.Millisecond) },
	}
}

func newNetwork(t testing.TB) *Network {
	n := New(Config{})
	t.Cleanup(n.Close)
	return n
}

func newFetcher(t testing.TB) *Fetcher {
	f := NewFetcher(FetcherConfig{UserAgent: "test/1"})
	t.Cleanup(f.Close)
	return f
}

func newResolver(t testing.TB) *Resolver {
	r := NewResolver()
	t.Cleanup(r.Close)
	return r
}

func hasIPv6() bool {
	ln, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		return false
	}
	_ = ln.Close()
	return true
}

func serve(t *testing.T, h http.Handler) string {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// wait gives up after far longer than anything takes, so that only a stream
// that hangs fails.
func wait(cond func() bool) bool {
	const patience = 20 * time.Second
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if cond() {
			return true
		}
	}
	return cond()
}
