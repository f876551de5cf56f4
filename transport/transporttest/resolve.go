package transporttest

import (
	"errors"
	"net/netip"
	"slices"
	"sync"

	"bt/transport"
)

var resolveCases = []testCase{
	{"Address", resolveAddress},
	{"Name", resolveName},
	{"NoSuchHost", resolveNoSuchHost},
	{"CancelAtOnce", resolveCancelAtOnce},
	{"CancelAfterDone", resolveCancelAfterDone},
}

// lookup notes how one look-up ended.
type lookup struct {
	mu     sync.Mutex
	done   int
	addrs  []netip.Addr
	err    error
	cancel func()
}

// resolve starts a look-up by host A. The lock is held meanwhile: done must not
// be called from inside Resolve.
func (s *suite) resolve(name string) *lookup {
	l := new(lookup)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cancel = s.A.Names.Resolve(name, func(addrs []netip.Addr, err error) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.done++
		l.addrs, l.err = addrs, err
	})
	return l
}

// wantAnswer waits for the answer, and for a second one that must not come.
func (s *suite) wantAnswer(l *lookup) ([]netip.Addr, error) {
	s.t.Helper()
	s.await("the look-up is done", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.done > 0
	})
	l.cancel() // harmless now
	s.Settle()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done != 1 {
		s.t.Errorf("done was called %d times", l.done)
	}
	if (l.err == nil) != (len(l.addrs) > 0) {
		s.t.Errorf("addresses %v with error %v", l.addrs, l.err)
	}
	return l.addrs, l.err
}

func resolveAddress(s *suite) {
	for _, c := range []struct{ name, want string }{{"192.0.2.77", "192.0.2.77"}, {"2001:db8::77", "2001:db8::77"}, {"::ffff:192.0.2.77", "192.0.2.77"}} {
		if got, err := s.wantAnswer(s.resolve(c.name)); err != nil || len(got) != 1 || got[0].String() != c.want {
			s.t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
}

// resolveName wants the addresses of B: no other, and none twice.
func resolveName(s *suite) {
	got, err := s.wantAnswer(s.resolve(s.Name))
	if err != nil || !slices.Contains(got, s.B.Addr) {
		s.t.Errorf("%s: %v, %v", s.Name, got, err)
	}
	seen := make(map[netip.Addr]bool)
	for _, a := range got {
		if seen[a] || a != s.B.Addr && a != s.B.Addr6 {
			s.t.Errorf("%s: %v", s.Name, got)
		}
		seen[a] = true
	}
}

// resolveNoSuchHost asks for what cannot be a name, so that no name server
// is bothered.
func resolveNoSuchHost(s *suite) {
	if got, err := s.wantAnswer(s.resolve("no..name")); !errors.Is(err, transport.ErrNoSuchHost) {
		s.t.Errorf("%v, %v; want %v", got, err, transport.ErrNoSuchHost)
	}
}

// resolveCancelAtOnce is done exactly once, however the race ends.
func resolveCancelAtOnce(s *suite) {
	l := s.resolve(s.Name)
	l.cancel()
	l.cancel()
	if _, err := s.wantAnswer(l); err != nil && !errors.Is(err, transport.ErrResolveCanceled) {
		s.t.Errorf("error %v, want none or %v", err, transport.ErrResolveCanceled)
	}
}

func resolveCancelAfterDone(s *suite) {
	l := s.resolve(s.Name)
	before, err := s.wantAnswer(l)
	l.cancel()
	if after, _ := s.wantAnswer(l); err != nil || !slices.Equal(before, after) {
		s.t.Errorf("%v and %v, %v", before, after, err)
	}
}
