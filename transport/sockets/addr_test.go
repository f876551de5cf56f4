package sockets

import (
	"net/netip"
	"testing"
)

func TestListenAddr(t *testing.T) {
	for addr, want := range map[string]string{
		"0.0.0.0:80":            ":80",
		"[::]:80":               ":80", // package net knows whether there is IPv6
		"127.0.0.1:80":          "127.0.0.1:80",
		"[::1]:80":              "[::1]:80",
		"[::ffff:127.0.0.1]:80": "127.0.0.1:80",
	} {
		if got := listenAddr(netip.MustParseAddrPort(addr)); got != want {
			t.Errorf("listenAddr(%s) = %q, want %q", addr, got, want)
		}
	}
}
