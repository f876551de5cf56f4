package simnet_test

import (
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"testing"
	"time"

	"bt/simnet"
	"bt/transport"
)

// TestNames looks up names of every kind, from a host with IPv4 only.
func TestNames(t *testing.T) {
	four, six := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	for what, c := range map[string]struct {
		is    simnet.Name
		want  []netip.Addr
		err   error
		after time.Duration
	}{
		"one address":      {is: simnet.Name{Addrs: []netip.Addr{four}}, want: []netip.Addr{four}, after: 20 * time.Millisecond},
		"both families":    {is: simnet.Name{Addrs: []netip.Addr{six, four, four}}, want: []netip.Addr{four}, after: 20 * time.Millisecond},
		"the wrong family": {is: simnet.Name{Addrs: []netip.Addr{six}}, err: transport.ErrNoSuchHost, after: 20 * time.Millisecond},
		"nothing":          {err: transport.ErrNoSuchHost, after: 20 * time.Millisecond},
		"late":             {is: simnet.Name{Addrs: []netip.Addr{four}, Delay: 3 * time.Second}, want: []netip.Addr{four}, after: 3020 * time.Millisecond},
		"too late":         {is: simnet.Name{Addrs: []netip.Addr{four}, Delay: time.Hour}, err: transport.ErrResolveTimeout, after: transport.ResolveTimeout},
		"never":            {is: simnet.Name{Addrs: []netip.Addr{four}, Silent: true}, err: transport.ErrResolveTimeout, after: transport.ResolveTimeout},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t, 1, tenMs)
			w.SetName("name.example", c.is)
			var got []netip.Addr
			var err error
			calls := 0
			cancel := w.hosts[0].Names().Resolve("name.example", func(a []netip.Addr, e error) {
				got, err = a, e
				calls++
				near(t, "the answer", w.Now().Sub(simnet.Epoch), c.after, time.Millisecond)
			})
			w.SetName("name.example", simnet.Name{}) // too late for who has asked
			w.run(time.Minute)
			cancel()
			w.run(time.Second)
			if calls != 1 || !errors.Is(err, c.err) || !slices.Equal(got, c.want) {
				t.Errorf("%d answers, %v, %v; want %v, %v", calls, got, err, c.want, c.err)
			}
		})
	}
}

// TestNameDiesWithTheHost: nobody is there to be told.
func TestNameDiesWithTheHost(t *testing.T) {
	w := newWorld(t, 1, tenMs)
	w.hosts[0].Names().Resolve("host0", func([]netip.Addr, error) { t.Error("told all the same") })
	w.hosts[0].Kill()
	w.run(time.Minute)
	w.hosts[0].Restart()
	w.run(time.Minute)
}

// TestFetchByName goes where a name points at the moment, and tries all its
// addresses.
func TestFetchByName(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	w.hosts[1].ServeHTTP(80, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { rw.Write([]byte(r.Host)) }))
	nobody := netip.MustParseAddr("10.9.9.9")
	w.SetName("t.example", simnet.Name{Addrs: []netip.Addr{nobody, w.hosts[1].Addr()}})
	f, _ := w.fetch("http://t.example/")
	w.run(time.Minute)
	if f.err != nil || string(f.res.Body) != "t.example" {
		t.Fatalf("%q, %v", f.res.Body, f.err)
	}
	w.SetName("host1", simnet.Name{Addrs: []netip.Addr{nobody}}) // not its own any more
	f, _ = w.fetch("http://host1/")
	w.run(time.Minute)
	if !errors.Is(f.err, transport.ErrUnreachable) {
		t.Fatalf("%v", f.err)
	}
	w.SetName("host1", simnet.Name{Silent: true})
	f, cancel := w.fetch("http://host1/")
	w.run(time.Second)
	cancel()
	w.run(time.Second)
	if !errors.Is(f.err, transport.ErrFetchCanceled) {
		t.Fatalf("%v", f.err)
	}
	wantNothingLeft(t, w)
}
