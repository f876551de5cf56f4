package simnet_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"bt/simnet"
	"bt/transport"
)

// fetched is how a Fetch ended.
type fetched struct {
	calls int
	res   transport.FetchResponse
	err   error
	after time.Duration
}

func (w *world) fetch(url string) (*fetched, func()) {
	f, start := new(fetched), w.Now()
	inside := true
	cancel := w.hosts[0].HTTP().Fetch(transport.FetchRequest{URL: url, Timeout: 5 * time.Second, MaxBody: 1000},
		func(res transport.FetchResponse, err error) {
			if inside {
				w.t.Error("done from inside Fetch")
			}
			f.calls++
			f.res, f.err, f.after = res, err, w.Now().Sub(start)
		})
	inside = false
	return f, cancel
}

// raw answers whatever comes with text, and closes the stream when asked to.
func (w *world) raw(port uint16, answer string, closes bool) {
	h := w.hosts[1]
	_, _, err := h.Net().Listen(netip.AddrPortFrom(h.Addr(), port), func(s transport.Stream) transport.Handler {
		p := w.program()
		p.stream = s
		p.onReceived = func([]byte) { p.send([]byte(answer)) }
		p.onSent = func(int) {
			if closes && p.sent >= len(answer) {
				p.close()
			}
		}
		return p
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestFetch(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", func(rw http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(rw, "%s %s %s", r.RemoteAddr[:9], r.Host, r.URL.RawQuery)
	})
	mux.HandleFunc("/abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	mux.HandleFunc("/large", func(rw http.ResponseWriter, _ *http.Request) { io.WriteString(rw, strings.Repeat("x", 1001)) })
	mux.HandleFunc("/user", func(rw http.ResponseWriter, r *http.Request) {
		u, p, _ := r.BasicAuth()
		io.WriteString(rw, u+p)
	})
	mux.Handle("/moved", http.RedirectHandler("http://host1/echo?moved", http.StatusFound))
	mux.Handle("/loop", http.RedirectHandler("/loop", http.StatusMovedPermanently))
	any := errors.New("any error")

	for name, c := range map[string]struct {
		url    string
		raw    string
		closes bool
		status int
		body   string
		err    error
		after  time.Duration // when not zero
	}{
		// One round trip to connect, one to ask.
		"by address": {url: "http://10.0.0.2/echo?a=%00b", status: 200, body: "10.0.0.1: 10.0.0.2 a=%00b", after: 80 * time.Millisecond},
		// And one more to a name server, which is half as far.
		"by name":             {url: "http://host1:80/echo", status: 200, body: "10.0.0.1: host1:80 ", after: 100 * time.Millisecond},
		"not found":           {url: "http://host1/nothing", status: 404, body: "404 page not found\n"},
		"redirect":            {url: "http://host1/moved", status: 200, body: "10.0.0.1: host1 moved"},
		"user in the url":     {url: "http://me:secret@host1/user", status: 200, body: "mesecret"},
		"redirect loop":       {url: "http://host1/loop", err: any},
		"too large":           {url: "http://host1/large", err: transport.ErrBodyTooLarge},
		"aborted":             {url: "http://host1/abort", err: transport.ErrRemoteClosed},
		"refused":             {url: "http://host1:1/", err: transport.ErrRefused},
		"unreachable":         {url: "http://10.9.9.9/", err: transport.ErrUnreachable},
		"unknown name":        {url: "http://nobody/", err: transport.ErrNoSuchHost, after: 20 * time.Millisecond},
		"other scheme":        {url: "ftp://host1/", err: any},
		"never answers":       {raw: "", err: transport.ErrFetchTimeout, after: 5 * time.Second},
		"half a head":         {raw: "HTTP/1.1 200 OK\r\n", err: transport.ErrFetchTimeout},
		"half a body":         {raw: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", closes: true, err: transport.ErrRemoteClosed},
		"garbage":             {raw: "\x13BitTorrent protocol", err: any, after: 100 * time.Millisecond},
		"garbage in the head": {raw: "HTTP/1.1 abc\r\n\r\n", err: any},
		"endless head":        {raw: "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 100_000), err: any},
		"endless body":        {raw: "HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", 100_000), err: transport.ErrBodyTooLarge},
		"until close":         {raw: "HTTP/1.0 200 OK\r\n\r\nhello", closes: true, status: 200, body: "hello"},
		"stays open":          {raw: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", status: 200, body: "hello", after: 100 * time.Millisecond},
		"chunked":             {raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n0\r\n\r\n\r\n0\r\n\r\n", status: 200, body: "0\r\n\r\n"},
		"interim":             {raw: "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", status: 200},
		"redirect and close":  {raw: "HTTP/1.1 302 Found\r\nLocation: http://host1/echo\r\n\r\n", closes: true, status: 200, body: "10.0.0.1: host1 "},
	} {
		for _, maxRead := range []int{0, 1} {
			t.Run(fmt.Sprintf("%s, reads of %d", name, maxRead), func(t *testing.T) {
				link := tenMs
				link.MaxRead = maxRead
				w := newWorld(t, 1, link, link)
				w.hosts[1].ServeHTTP(80, mux)
				w.raw(81, c.raw, c.closes)
				if c.url == "" {
					c.url = "http://host1:81/"
				}
				f, cancel := w.fetch(c.url)
				w.run(time.Minute)
				cancel()
				w.run(time.Second)
				if f.calls != 1 || !errors.Is(f.err, c.err) && (c.err != any || f.err == nil) {
					t.Fatalf("%d calls, error %v, want %v", f.calls, f.err, c.err)
				}
				if f.res.Status != c.status || string(f.res.Body) != c.body {
					t.Errorf("status %d, body %q; want %d, %q", f.res.Status, f.res.Body, c.status, c.body)
				}
				if c.after != 0 {
					near(t, "the fetch", f.after, c.after, time.Millisecond)
				}
				w.drain()
				wantNothingLeft(t, w)
			})
		}
	}
}

func TestFetchCancel(t *testing.T) {
	for _, after := range []time.Duration{0, 30 * time.Millisecond, 70 * time.Millisecond} {
		w := newWorld(t, 1, tenMs, tenMs)
		w.hosts[1].ServeHTTP(80, http.NotFoundHandler())
		f, cancel := w.fetch("http://host1/")
		w.run(after)
		cancel()
		cancel()
		if f.calls != 0 {
			t.Error("done from inside cancel")
		}
		w.drain()
		if f.calls != 1 || f.err != transport.ErrFetchCanceled {
			t.Errorf("after %v: %d calls, error %v", after, f.calls, f.err)
		}
		wantNothingLeft(t, w)
	}
}

func TestServerRefusesBadRequests(t *testing.T) {
	for request, want := range map[string]string{
		"nonsense\r\n\r\n": "HTTP/1.1 400 ",
		"GET / HTTP/1.1\r\nX: " + strings.Repeat("x", 70_000):              "HTTP/1.1 431 ",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n":    "HTTP/1.1 413 ",
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n": "HTTP/1.1 411 ",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc":       "HTTP/1.1 200 ",
	} {
		w := newWorld(t, 1, tenMs, tenMs)
		w.hosts[1].ServeHTTP(80, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if b, _ := io.ReadAll(r.Body); string(b) != "abc" {
				t.Errorf("body %q", b)
			}
		}))
		a := w.program()
		a.stream = w.hosts[0].Net().Dial(addrPort("10.0.0.2:80"), a)
		a.send([]byte(request))
		w.drain()
		if got := a.got.String(); !strings.HasPrefix(got, want) || strings.Contains(got, "Date:") {
			t.Errorf("answer %.60q, want %q", got, want)
		}
		w.wantClosed(a, transport.ErrRemoteClosed)
	}
}

func TestServeHTTPStops(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	stop := w.hosts[1].ServeHTTP(80, http.NotFoundHandler())
	stop()
	f, _ := w.fetch("http://host1/")
	w.drain()
	if !errors.Is(f.err, transport.ErrRefused) {
		t.Errorf("error %v", f.err)
	}
}

func ExampleHost_HTTP() {
	net := simnet.New(1)
	link := simnet.LinkConfig{Latency: 10 * time.Millisecond}
	client := net.NewHost("client", netip.MustParseAddr("10.0.0.1"), link)
	server := net.NewHost("server", netip.MustParseAddr("10.0.0.2"), link)
	server.ServeHTTP(80, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello %s", r.RemoteAddr)
	}))
	client.HTTP().Fetch(transport.FetchRequest{URL: "http://server/", Timeout: time.Second, MaxBody: 100},
		func(res transport.FetchResponse, err error) {
			fmt.Printf("%s after %v, error %v\n", res.Body, net.Now().Sub(simnet.Epoch), err)
		})
	net.RunUntil(simnet.Epoch.Add(time.Minute))
	// Output: hello 10.0.0.1:49152 after 100ms, error <nil>
}
