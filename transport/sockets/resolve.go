package sockets

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
)

// Resolve returns the addresses of host, a name or an address, in the order of
// the system's preference. Unlike the methods of Network it waits for the
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

// lookupError leaves out which server was asked: the user asked for a name.
func lookupError(err error) error {
	var dns *net.DNSError
	if !errors.As(err, &dns) {
		return bare(err)
	}
	return &netError{text: dns.Err + ": " + dns.Name, causes: []error{err}}
}
