package sockets

import (
	"context"
	"testing"
)

func TestResolve(t *testing.T) {
	for host, want := range map[string]string{
		"127.0.0.1":        "127.0.0.1",
		"::1":              "::1",
		"::ffff:127.0.0.1": "127.0.0.1",
	} {
		addrs, err := Resolve(context.Background(), host)
		if err != nil || len(addrs) != 1 || addrs[0].String() != want {
			t.Errorf("Resolve(%q) = %v, %v; want %s", host, addrs, err, want)
		}
	}
	if addrs, err := Resolve(context.Background(), "localhost"); err != nil || !addrs[0].IsLoopback() {
		t.Errorf("Resolve(localhost) = %v, %v", addrs, err)
	}
	if addrs, err := Resolve(context.Background(), ""); err == nil {
		t.Errorf("Resolve of nothing = %v", addrs)
	}
}
