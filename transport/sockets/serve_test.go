package sockets

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"bt/transport"
)

func TestServe(t *testing.T) {
	loopback := netip.MustParseAddrPort("127.0.0.1:0")
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "asked for "+r.URL.Path) })
	bound, stop, err := Serve(loopback, answer)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	if bound.Addr() != loopback.Addr() || bound.Port() == 0 {
		t.Errorf("bound to %v", bound)
	}
	if _, _, err := Serve(bound, answer); !errors.Is(err, transport.ErrAddrInUse) {
		t.Errorf("served twice on %v: %v", bound, err)
	}

	f := NewFetcher(FetcherConfig{})
	defer f.Close()
	get := func() (string, error) {
		type result struct {
			body string
			err  error
		}
		results := make(chan result, 1)
		f.Fetch(transport.FetchRequest{URL: "http://" + bound.String() + "/x", Timeout: 5 * time.Second, MaxBody: 1000},
			func(r transport.FetchResponse, err error) { results <- result{string(r.Body), err} })
		r := <-results
		return r.body, r.err
	}
	if body, err := get(); body != "asked for /x" || err != nil {
		t.Errorf("got %q, %v", body, err)
	}
	stop()
	stop()
	if body, err := get(); err == nil {
		t.Errorf("got %q from a server that was stopped", body)
	}
}
