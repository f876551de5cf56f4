package sockets

import (
	"compress/gzip"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"bt/transport"
)

type fetched struct {
	resp transport.FetchResponse
	err  error
}

func fetch(f *Fetcher, url string) fetched {
	done := make(chan fetched, 1)
	f.Fetch(transport.FetchRequest{URL: url, Timeout: 10 * time.Second, MaxBody: 1 << 16},
		func(resp transport.FetchResponse, err error) { done <- fetched{resp, err} })
	return <-done
}

// TestFetchCountsDecompressed serves a kilobyte that unpacks to a megabyte.
func TestFetchCountsDecompressed(t *testing.T) {
	unpacked := 1 << 20
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		fmt.Fprint(z, strings.Repeat("x", unpacked))
		_ = z.Close()
	}))
	f := newFetcher(t)
	if got := fetch(f, url); !errors.Is(got.err, transport.ErrBodyTooLarge) {
		t.Errorf("status %d, error %v", got.resp.Status, got.err)
	}
	unpacked = 1000
	if got := fetch(f, url); got.err != nil || len(got.resp.Body) != unpacked {
		t.Errorf("%d bytes, error %v", len(got.resp.Body), got.err)
	}
}

// TestFetchHeaders wants our name in every request, and no address of one
// server in a request to the next.
func TestFetchHeaders(t *testing.T) {
	var seen []http.Header
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header)
		if r.URL.Path == "/passkey" {
			http.Redirect(w, r, "/next", http.StatusFound)
		}
	}))
	if got := fetch(newFetcher(t), url+"/passkey"); got.err != nil {
		t.Fatal(got.err)
	}
	if len(seen) != 2 {
		t.Fatalf("%d requests", len(seen))
	}
	for _, h := range seen {
		if h.Get("User-Agent") != "test/1" || h.Get("Referer") != "" {
			t.Errorf("headers %v", h)
		}
	}
}

func TestFetchHeaderLimit(t *testing.T) {
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Large", strings.Repeat("x", 2*headerBytesMax))
	}))
	if got := fetch(newFetcher(t), url); got.err == nil {
		t.Error("a header of any size is taken")
	}
}

// TestFetchErrorText wants errors that say what happened and no more: who
// prints them has named the URL.
func TestFetchErrorText(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := "http://" + ln.Addr().String()
	_ = ln.Close()
	cut := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, "not quite")
	}))
	plain := serve(t, http.NotFoundHandler())
	for url, want := range map[string]string{
		refused: "connection refused",
		cut:     "closed by the remote side before the response was complete",
		strings.Replace(plain, "http:", "https:", 1): "http: server gave HTTP response to HTTPS client",
		"udp://127.0.0.1:80/announce":                `cannot fetch from a URL of scheme "udp"`,
		"http:///path":                               "no host in the URL",
	} {
		if got := fetch(newFetcher(t), url); got.err == nil || got.err.Error() != want {
			t.Errorf("%s: error %v, want %q", url, got.err, want)
		}
	}
}

func TestCloseFetcher(t *testing.T) {
	asked := make(chan struct{})
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	}))
	f := newFetcher(t)
	done := make(chan error, 1)
	f.Fetch(transport.FetchRequest{URL: url, Timeout: time.Minute, MaxBody: 1},
		func(_ transport.FetchResponse, err error) { done <- err })
	<-asked
	f.Close()
	if err := <-done; !errors.Is(err, transport.ErrFetchCanceled) {
		t.Errorf("a request under way ends with %v", err)
	}
	if got := fetch(f, url); !errors.Is(got.err, transport.ErrFetchCanceled) {
		t.Errorf("a request after Close ends with %v", got.err)
	}
}
