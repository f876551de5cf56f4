package sockets

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"

	"bt/transport"
)

// Resolver implements transport.Resolver by the resolver of the system. Its
// methods may be called from any goroutine.
type Resolver struct {
	ctx  context.Context // of every look-up
	stop context.CancelCauseFunc
}

var _ transport.Resolver = (*Resolver)(nil)

// NewResolver returns a Resolver.
func NewResolver() *Resolver {
	ctx, stop := context.WithCancelCause(context.Background())
	return &Resolver{ctx, stop}
}

// Close cancels what runs, without waiting for it. A later Resolve is cancelled
// at once.
func (r *Resolver) Close() { r.stop(transport.ErrResolveCanceled) }

// Resolve implements transport.Resolver.
func (r *Resolver) Resolve(name string, done func([]netip.Addr, error)) (cancel func()) {
	ctx, stop := context.WithCancelCause(r.ctx)
	go func() {
		defer stop(nil)
		ctx, cancel := context.WithTimeoutCause(ctx, transport.ResolveTimeout, transport.ErrResolveTimeout)
		defer cancel()
		addrs, err := Resolve(ctx, name)
		if err == nil {
			// An address that was asked for by itself is reached or not; of a
			// name, there may be another one.
			if _, literal := netip.ParseAddr(name); literal != nil {
				addrs = slices.DeleteFunc(addrs, func(a netip.Addr) bool { return !hasRoute(a) })
			}
			if len(addrs) == 0 {
				err = &netError{text: "no address of a family that is connected: " + name, causes: []error{transport.ErrNoSuchHost}}
			}
		}
		if err != nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			addrs = nil
		}
		done(addrs, err)
	}()
	return func() { stop(transport.ErrResolveCanceled) }
}

// Resolve returns the addresses of host, a name or an address, in the order of
// the system's preference. Unlike the methods of Resolver it waits for the
// answer, until ctx ends.
func Resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, lookupError(err)
	}
	var distinct []netip.Addr
	for _, a := range addrs {
		if a = a.Unmap(); !slices.Contains(distinct, a) {
			distinct = append(distinct, a)
		}
	}
	return distinct, nil
}

// hasRoute says whether the system knows a way to an address. Connecting a UDP
// socket asks the routing table, and sends nothing.
func hasRoute(a netip.Addr) bool {
	const discard = 9 // any port would do
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, discard)))
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// lookupError leaves out which server was asked: the user asked for a name.
func lookupError(err error) error {
	var dns *net.DNSError
	if !errors.As(err, &dns) {
		return bare(err)
	}
	causes := []error{err}
	switch {
	case dns.IsNotFound:
		causes = append(causes, transport.ErrNoSuchHost)
	case dns.IsTimeout:
		causes = append(causes, transport.ErrResolveTimeout)
	}
	return &netError{text: dns.Err + ": " + dns.Name, causes: causes}
}
