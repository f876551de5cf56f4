package sockets

import (
	"net/netip"
	"strconv"
)

// listenAddr spells addr for package net, for which an empty host is both
// families in one socket, or IPv4 alone where there is no IPv6.
func listenAddr(addr netip.AddrPort) string {
	if addr.Addr().IsUnspecified() {
		return ":" + strconv.Itoa(int(addr.Port()))
	}
	return plain(addr).String()
}

// plain returns addr with an IPv4-mapped IPv6 address as the IPv4 address that
// it is.
func plain(addr netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
}
