package sockets

import (
	"context"
	"net"
	"net/netip"
	"strings"

	"bt/transport"
)

// A Fetcher has a pool of connections for each family that a request may demand:
// package net/http knows a connection by the host's name, and would take one
// over IPv4 for a request that is to go over IPv6.
const (
	anyFamily = iota
	onlyIPv4
	onlyIPv6
	numFamilies
)

// familyOf is the pool for a request with these addresses.
func familyOf(addrs []netip.Addr) int {
	switch {
	case len(addrs) == 0:
		return anyFamily
	case addrs[0].Unmap().Is4():
		return onlyIPv4
	}
	return onlyIPv6
}

// pin is what FetchRequest.Addrs asks for, on its way to the dial in the context
// of the request.
type pin struct {
	host  string
	addrs []netip.Addr
}

type pinKey struct{}

// dialContext dials the addresses of a request, where it has its own. A proxy,
// and the host of a redirect, is another host: it is looked up.
func dialContext(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: transport.DialTimeout}
	p, pinned := ctx.Value(pinKey{}).(pin)
	host, port, err := net.SplitHostPort(address)
	if !pinned || err != nil || !strings.EqualFold(host, p.host) {
		return dialer.DialContext(ctx, network, address)
	}
	var conn net.Conn
	for _, a := range p.addrs {
		conn, err = dialer.DialContext(ctx, network, net.JoinHostPort(a.String(), port))
		if err == nil {
			break
		}
	}
	return conn, err
}
