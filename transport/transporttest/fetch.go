package transporttest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"bt/transport"
)

var fetchCases = []testCase{
	{"OK", fetchOK},
	{"StatusIsNoError", fetchStatus},
	{"BodyLimit", fetchBodyLimit},
	{"Timeout", fetchTimeout},
	{"Refused", fetchRefused},
	{"Redirect", fetchRedirect},
	{"RedirectLimit", fetchRedirectLimit},
	{"RedirectToOtherScheme", fetchRedirectScheme},
	{"Garbage", fetchGarbage},
	{"BadURL", fetchBadURL},
	{"Cancel", fetchCancel},
	{"CancelAtOnce", fetchCancelAtOnce},
	{"CancelAfterDone", fetchCancelAfterDone},
	{"ManyAtOnce", fetchManyAtOnce},
	{"Addrs", fetchAddrs},
	{"AddrsInTurn", fetchAddrsInTurn},
	{"Compressed", fetchCompressed},
}

// fetchTimeoutLong is for requests that are expected to be answered.
const fetchTimeoutLong = 10 * time.Second

// outcome notes how one fetch ended.
type outcome struct {
	mu   sync.Mutex
	done int
	resp transport.FetchResponse
	err  error

	cancel func()
}

// fetch starts a request from host A. The lock is held meanwhile: done must
// not be called from inside Fetch.
func (s *suite) fetch(r transport.FetchRequest) *outcome {
	o := new(outcome)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.cancel = s.A.HTTP.Fetch(r, func(resp transport.FetchResponse, err error) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.done++
		o.resp, o.err = resp, err
	})
	return o
}

func (s *suite) get(url string) *outcome {
	return s.fetch(transport.FetchRequest{URL: url, Timeout: fetchTimeoutLong, MaxBody: 1 << 20})
}

// wantEnd waits for the outcome, and for a second one that must not come.
func (s *suite) wantEnd(o *outcome) (transport.FetchResponse, error) {
	s.t.Helper()
	ended := func() bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		return o.done > 0
	}
	s.await("the request is done", ended)
	o.cancel() // harmless now
	s.Settle()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.done != 1 {
		s.t.Errorf("done was called %d times", o.done)
	}
	return o.resp, o.err
}

func (s *suite) wantBody(o *outcome, status int, body string) {
	s.t.Helper()
	resp, err := s.wantEnd(o)
	if err != nil || resp.Status != status || string(resp.Body) != body {
		s.t.Errorf("status %d, body %.40q, error %v; want status %d, body %.40q", resp.Status, resp.Body, err, status, body)
	}
}

func (s *suite) wantError(o *outcome, want error) {
	s.t.Helper()
	resp, err := s.wantEnd(o)
	if !errors.Is(err, want) {
		s.t.Errorf("status %d, error %v; want error %v", resp.Status, err, want)
	}
}

// wantSomeError is for failures that have no name of their own.
func (s *suite) wantSomeError(o *outcome) {
	s.t.Helper()
	resp, err := s.wantEnd(o)
	if err == nil {
		s.t.Errorf("status %d, body %.40q, want an error", resp.Status, resp.Body)
	}
}

// say answers every request with text.
func say(status int, text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
	})
}

// raw is World.ServeRaw, or what the suite builds where there is none.
func (s *suite) raw(answer string) (url string) {
	s.t.Helper()
	if s.ServeRaw != nil {
		return s.ServeRaw(s.t, answer)
	}
	accept := func(st transport.Stream) transport.Handler {
		r := s.recorder("raw server")
		asked := false
		r.onReceived = func(st transport.Stream, _ []byte) {
			if !asked && answer != "" {
				st.Send([]byte(answer))
			}
			asked = true
		}
		r.adopt(st)
		return r
	}
	bound, stop, err := s.B.Net.Listen(netip.AddrPortFrom(s.B.Addr, 0), accept)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(stop)
	return "http://" + bound.String()
}

// fetchOK wants the path and the query to arrive byte by byte as they were
// given: trackers compare info-hashes in them.
func fetchOK(s *suite) {
	const target = "/announce?info_hash=%01%fF+~a&port=1"
	url := s.Serve(s.t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s", r.Method, r.URL.RequestURI())
	}))
	s.wantBody(s.get(url+target), 200, "GET "+target)
}

func fetchStatus(s *suite) {
	s.wantBody(s.get(s.Serve(s.t, say(404, "no such thing"))), 404, "no such thing")
	s.wantBody(s.get(s.Serve(s.t, say(503, ""))), 503, "")
}

// fetchBodyLimit wants MaxBody bytes to pass, and not one more.
func fetchBodyLimit(s *suite) {
	const limit = 100_000
	for _, c := range []struct {
		size int
		err  error
	}{{limit, nil}, {limit + 1, transport.ErrBodyTooLarge}, {20 * limit, transport.ErrBodyTooLarge}} {
		body := strings.Repeat("x", c.size)
		o := s.fetch(transport.FetchRequest{URL: s.Serve(s.t, say(200, body)), Timeout: fetchTimeoutLong, MaxBody: limit})
		if c.err == nil {
			s.wantBody(o, 200, body)
		} else {
			s.wantError(o, c.err)
		}
	}
}

func fetchTimeout(s *suite) {
	const timeout = 200 * time.Millisecond
	o := s.fetch(transport.FetchRequest{URL: s.raw(""), Timeout: timeout, MaxBody: 1000})
	s.wantError(o, transport.ErrFetchTimeout)
}

func fetchRefused(s *suite) {
	bound, stop := s.listen(s.B.Net, netip.AddrPortFrom(s.B.Addr, 0))
	stop()
	s.wantError(s.get("http://"+bound.String()+"/"), transport.ErrRefused)
}

func fetchRedirect(s *suite) {
	url := s.Serve(s.t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "/new?"+r.URL.RawQuery, http.StatusFound)
			return
		}
		fmt.Fprint(w, r.URL.RequestURI())
	}))
	s.wantBody(s.get(url+"/old?a=b"), 200, "/new?a=b")
}

// fetchRedirectLimit serves /n, which redirects n times.
func fetchRedirectLimit(s *suite) {
	url := s.Serve(s.t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n int
		if _, err := fmt.Sscanf(r.URL.Path, "/%d", &n); err != nil || n == 0 {
			fmt.Fprint(w, "arrived")
			return
		}
		http.Redirect(w, r, fmt.Sprintf("/%d", n-1), http.StatusMovedPermanently)
	}))
	s.wantBody(s.get(fmt.Sprintf("%s/%d", url, transport.FetchRedirectsMax)), 200, "arrived")
	s.wantSomeError(s.get(fmt.Sprintf("%s/%d", url, transport.FetchRedirectsMax+1)))
}

func fetchRedirectScheme(s *suite) {
	url := s.Serve(s.t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "file:///etc/passwd")
		w.WriteHeader(http.StatusFound)
	}))
	s.wantSomeError(s.get(url))
}

func fetchGarbage(s *suite) {
	s.wantSomeError(s.get(s.raw("\x13BitTorrent protocol\x00\x01\r\n\r\n\xff\xfe")))
}

func fetchBadURL(s *suite) {
	for _, url := range []string{"", "http://", "http://[::1", "udp://192.0.2.1:80/announce", "file:///etc/passwd", "http://%zz/"} {
		s.wantSomeError(s.get(url))
	}
}

func fetchCancel(s *suite) {
	o := s.get(s.raw(""))
	s.Settle()
	o.mu.Lock()
	if o.done != 0 {
		s.t.Errorf("done before cancel: %v", o.err)
	}
	o.cancel()
	o.cancel()
	o.mu.Unlock()
	s.wantError(o, transport.ErrFetchCanceled)
}

// fetchCancelAtOnce is done exactly once, however the race ends.
func fetchCancelAtOnce(s *suite) {
	o := s.get(s.Serve(s.t, say(200, "hello")))
	o.cancel()
	if _, err := s.wantEnd(o); err != nil && !errors.Is(err, transport.ErrFetchCanceled) {
		s.t.Errorf("error %v, want none or %v", err, transport.ErrFetchCanceled)
	}
}

func fetchCancelAfterDone(s *suite) {
	o := s.get(s.Serve(s.t, say(200, "hello")))
	s.wantBody(o, 200, "hello")
	o.cancel()
	s.wantBody(o, 200, "hello")
}

func fetchManyAtOnce(s *suite) {
	url := s.Serve(s.t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.Path) }))
	var all []*outcome
	for i := range 40 {
		all = append(all, s.get(fmt.Sprintf("%s/%d", url, i)))
	}
	for i, o := range all {
		s.await("every request is done", func() bool {
			o.mu.Lock()
			defer o.mu.Unlock()
			return o.done == 1
		})
		if want := fmt.Sprintf("/%d", i); o.err != nil || string(o.resp.Body) != want {
			s.t.Errorf("body %q, error %v; want %q", o.resp.Body, o.err, want)
		}
	}
}

// fetchAddrs asks a server under a name that nobody knows, at its address. The
// name is in the request all the same: several servers may share an address.
func fetchAddrs(s *suite) {
	url := s.Serve(s.t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Host) }))
	_, port, _ := strings.Cut(strings.TrimPrefix(url, "http://"), ":")
	o := s.fetch(transport.FetchRequest{
		URL: "http://tracker.invalid:" + port + "/", Timeout: fetchTimeoutLong, MaxBody: 1000, Addrs: []netip.Addr{s.B.Addr},
	})
	s.wantBody(o, 200, "tracker.invalid:"+port)
	if s.B.Addr6.IsValid() { // where nobody serves: an idle connection over IPv4 is no substitute
		listener, stop := s.listen(s.B.Net, netip.AddrPortFrom(s.B.Addr6, 0))
		stop()
		o := s.fetch(transport.FetchRequest{
			URL: fmt.Sprintf("http://tracker.invalid:%d/", listener.Port()), Timeout: fetchTimeoutLong, MaxBody: 1000, Addrs: []netip.Addr{s.B.Addr6},
		})
		s.wantError(o, transport.ErrRefused)
	}
}

// fetchAddrsInTurn names an address first at which there is no server.
func fetchAddrsInTurn(s *suite) {
	o := s.fetch(transport.FetchRequest{
		URL: s.Serve(s.t, say(200, "hello")), Timeout: fetchTimeoutLong, MaxBody: 1000, Addrs: []netip.Addr{s.B.Addr.Next(), s.B.Addr},
	})
	s.wantBody(o, 200, "hello")
}

// fetchCompressed wants compression undone, and a body that was cut short called
// by its name.
func fetchCompressed(s *suite) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte("a body that was compressed"))
	_ = z.Close()
	for _, c := range []struct {
		body string
		err  error
	}{
		{packed.String(), nil},
		{packed.String()[:packed.Len()-9], transport.ErrTruncatedEncoding},
		{packed.String()[:5], transport.ErrTruncatedEncoding},
		{"plain text", transport.ErrBadEncoding},
	} {
		o := s.get(s.Serve(s.t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Accept-Encoding") == "" {
				w.WriteHeader(http.StatusNotAcceptable)
			}
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write([]byte(c.body))
		})))
		if c.err == nil {
			s.wantBody(o, 200, "a body that was compressed")
		} else {
			s.wantError(o, c.err)
		}
	}
}
