package simnet

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"

	"bt/transport"
)

const (
	// maxHead bounds the status line and header of a message.
	maxHead = 64 << 10

	// chunkedOverhead bounds how much larger than its content a chunked body may
	// be: a chunk of one byte takes six.
	chunkedOverhead = 6

	userAgent = "simnet"
)

// Errors of Fetch that transport has no name for.
var (
	errScheme    = errors.New("not an http URL")
	errRedirects = errors.New("too many redirects")
	errNotHTTP   = errors.New("the answer is not HTTP")
	errHeadSize  = errors.New("header too large")
)

var headEnd = []byte("\r\n\r\n")

// fetcher is the transport.Fetcher of a host: HTTP/1.1 over its streams, one
// stream per request. Names in URLs are looked up as by Host.Names.
type fetcher struct{ host *Host }

// Fetch implements transport.Fetcher.
func (f fetcher) Fetch(r transport.FetchRequest, done func(transport.FetchResponse, error)) (cancel func()) {
	x := &exchange{host: f.host, req: r, done: done}
	x.timeout = f.host.net.schedule(int64(r.Timeout), event{kind: KindFetch, host: f.host, fn: func() {
		x.fail(transport.ErrFetchTimeout)
	}})
	x.get(r.URL)
	return func() { x.fail(transport.ErrFetchCanceled) }
}

// exchange is one Fetch, with all its redirects.
type exchange struct {
	host      *Host
	req       transport.FetchRequest
	done      func(transport.FetchResponse, error)
	timeout   eventID
	redirects int
	hop       *hop
	lookup    func() // cancels the look-up under way, or nil
	ended     bool
}

// hop is one request and its response. It is the Handler of its stream.
type hop struct {
	x       *exchange
	url     *url.URL
	request *http.Request
	left    []netip.AddrPort // to be tried when the present one does not open
	stream  transport.Stream
	opened  bool
	buf     []byte // what has come of the response
	head    *http.Response
	bodyAt  int // where in buf the body begins, once head is there
}

// finish ends the exchange; the first call counts. done is an event of its own,
// because this may be within Fetch or cancel.
func (x *exchange) finish(res transport.FetchResponse, err error) {
	if x.ended {
		return
	}
	x.ended = true
	n := x.host.net
	n.cancel(&x.timeout)
	if x.hop != nil {
		x.hop.stream.Close()
	}
	if x.lookup != nil {
		x.lookup()
	}
	n.schedule(0, event{kind: KindFetch, host: x.host, fn: func() { x.done(res, err) }})
}

func (x *exchange) fail(err error) { x.finish(transport.FetchResponse{}, err) }

// get starts a hop.
func (x *exchange) get(rawURL string) {
	req, err := http.NewRequest(http.MethodGet, rawURL, nil)
	if err != nil {
		x.fail(err)
		return
	}
	if req.URL.Scheme != "http" {
		x.fail(errScheme)
		return
	}
	port, err := portOf(req.URL)
	if err != nil {
		x.fail(err)
		return
	}
	p := &hop{x: x, url: req.URL, request: req}
	addr, err := netip.ParseAddr(req.URL.Hostname())
	switch {
	case x.redirects == 0 && len(x.req.Addrs) > 0:
		p.dial(x.req.Addrs, port)
	case err == nil:
		p.dial([]netip.Addr{addr}, port)
	default:
		x.lookup = x.host.Names().Resolve(req.URL.Hostname(), func(addrs []netip.Addr, err error) {
			x.lookup = nil
			switch {
			case x.ended:
			case err != nil:
				x.fail(err)
			default:
				p.dial(addrs, port)
			}
		})
	}
}

// portOf is the port of a URL.
func portOf(u *url.URL) (uint16, error) {
	p := u.Port()
	if p == "" {
		return 80, nil
	}
	port, err := strconv.ParseUint(p, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("port of %s: %w", u.Host, err)
	}
	return uint16(port), nil
}

// dial begins the hop, at the first address of its host.
func (p *hop) dial(addrs []netip.Addr, port uint16) {
	for _, a := range addrs {
		p.left = append(p.left, netip.AddrPortFrom(a, port))
	}
	p.x.hop = p
	p.next()
}

// next tries the next address, with the request behind the dial.
func (p *hop) next() {
	req := p.request.Clone(p.request.Context())
	req.Close = true // "Connection: close": the stream serves one request
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set("Accept-Encoding", transport.AcceptEncoding)
	if u := req.URL.User; u != nil {
		password, _ := u.Password()
		req.SetBasicAuth(u.Username(), password)
	}
	var b bytes.Buffer
	if err := req.Write(&b); err != nil {
		p.x.fail(err)
		return
	}
	to := p.left[0]
	p.left = p.left[1:]
	p.stream = p.x.host.Net().Dial(to, p)
	p.stream.Send(b.Bytes())
}

// Opened implements transport.Handler.
func (p *hop) Opened() { p.opened = true }

// Sent implements transport.Handler.
func (p *hop) Sent(int) {}

// Received implements transport.Handler.
func (p *hop) Received(b []byte) {
	if p.current() {
		p.buf = append(p.buf, b...)
		p.advance(false)
	}
}

// Closed implements transport.Handler.
func (p *hop) Closed(err error) {
	if !p.current() {
		return
	}
	if !p.opened && len(p.left) > 0 {
		p.next()
		return
	}
	if errors.Is(err, transport.ErrRemoteClosed) {
		p.advance(true)
		err = fmt.Errorf("%w before the response was complete", err)
	}
	if p.current() { // and not redirected by what has come
		p.x.fail(err)
	}
}

// current reports whether the exchange still waits for this hop.
func (p *hop) current() bool { return !p.x.ended && p.x.hop == p }

// advance looks at what has come; eof says that no more will.
func (p *hop) advance(eof bool) {
	if p.head == nil {
		if err := p.readHead(); err != nil {
			p.x.fail(err)
			return
		}
		if p.head == nil {
			return
		}
	}
	body := int64(len(p.buf) - p.bodyAt)
	most := p.x.req.MaxBody
	complete := eof
	switch length := p.head.ContentLength; {
	case length >= 0:
		body = length
		complete = int64(len(p.buf)-p.bodyAt) >= length
	case slices.Contains(p.head.TransferEncoding, "chunked"):
		most = most*chunkedOverhead + maxHead
		complete = eof || bytes.HasSuffix(p.buf, []byte("0\r\n\r\n"))
	}
	switch {
	case body > most:
		p.x.fail(transport.ErrBodyTooLarge)
	case complete:
		p.complete(eof)
	}
}

// readHead parses the header once it is there, and skips interim responses.
func (p *hop) readHead() error {
	for {
		const magic = "HTTP/"
		if n := min(len(p.buf), len(magic)); string(p.buf[:n]) != magic[:n] {
			return errNotHTTP
		}
		end := bytes.Index(p.buf, headEnd)
		if end > maxHead || end < 0 && len(p.buf) > maxHead {
			return errHeadSize
		}
		if end < 0 {
			return nil
		}
		end += len(headEnd)
		head, err := readResponse(p.buf[:end], p.request)
		if err != nil {
			return fmt.Errorf("%w: %w", errNotHTTP, err)
		}
		if head.StatusCode >= 200 {
			p.head, p.bodyAt = head, end
			return nil
		}
		p.buf = p.buf[end:]
	}
}

func readResponse(b []byte, req *http.Request) (*http.Response, error) {
	return http.ReadResponse(bufio.NewReaderSize(bytes.NewReader(b), len(b)), req)
}

// complete decodes a response which has all come, or of which no more will.
func (p *hop) complete(eof bool) {
	res, err := readResponse(p.buf, p.request)
	if err != nil {
		p.x.fail(fmt.Errorf("%w: %w", errNotHTTP, err))
		return
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, p.x.req.MaxBody+1))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) && !eof:
		// What looked like the last chunk was in the middle of one.
	case err != nil:
		p.x.fail(err)
	case int64(len(body)) > p.x.req.MaxBody:
		p.x.fail(transport.ErrBodyTooLarge)
	case isRedirect(res):
		p.redirect(res)
	default:
		body, err = transport.Unpack(body, res.Header.Get("Content-Encoding"), p.x.req.MaxBody)
		if err != nil {
			p.x.fail(err)
			return
		}
		p.x.finish(transport.FetchResponse{Status: res.StatusCode, Body: body}, nil)
	}
}

func isRedirect(res *http.Response) bool {
	switch res.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return res.Header.Get("Location") != ""
	}
	return false
}

func (p *hop) redirect(res *http.Response) {
	x := p.x
	if x.redirects == transport.FetchRedirectsMax {
		x.fail(errRedirects)
		return
	}
	x.redirects++
	to, err := p.url.Parse(res.Header.Get("Location"))
	if err != nil {
		x.fail(err)
		return
	}
	p.stream.Close()
	x.hop = nil
	x.get(to.String())
}
