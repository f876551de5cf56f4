package sockets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"bt/transport"
)

// Limits of a Fetcher, beside those of a request.
const (
	tlsTimeout     = 15 * time.Second // two round trips and some arithmetic
	headerBytesMax = 64 << 10         // of a response; usual are a few hundred
	idleConnsMax   = 32               // kept for the next request
	idlePerHost    = 2
	idleTimeout    = 30 * time.Second // announces are minutes apart; web seeds go on at once
	connsPerHost   = 16               // many torrents may share one tracker
)

// FetcherConfig says how a Fetcher presents itself.
type FetcherConfig struct {
	UserAgent string // sent with every request
}

// Fetcher implements transport.Fetcher with package net/http. It honours the
// proxy settings of the environment (HTTP_PROXY, HTTPS_PROXY, NO_PROXY). Its
// methods may be called from any goroutine.
type Fetcher struct {
	userAgent string
	clients   [numFamilies]*http.Client

	ctx  context.Context // of every request
	stop context.CancelCauseFunc
}

var _ transport.Fetcher = (*Fetcher)(nil)

// NewFetcher returns a Fetcher with connections of its own.
func NewFetcher(cfg FetcherConfig) *Fetcher {
	f := &Fetcher{userAgent: cfg.UserAgent}
	for i := range f.clients {
		f.clients[i] = newClient()
	}
	f.ctx, f.stop = context.WithCancelCause(context.Background())
	return f
}

// newClient returns a client with a pool of connections of its own.
func newClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            dialContext,
			TLSHandshakeTimeout:    tlsTimeout,
			MaxResponseHeaderBytes: headerBytesMax,
			MaxIdleConns:           idleConnsMax,
			MaxIdleConnsPerHost:    idlePerHost,
			MaxConnsPerHost:        connsPerHost,
			IdleConnTimeout:        idleTimeout,
			DisableCompression:     true, // transport.Unpack does it
		},
		CheckRedirect: checkRedirect,
	}
}

// Close cancels what runs, without waiting for it. A later Fetch is cancelled
// at once.
func (f *Fetcher) Close() {
	f.stop(transport.ErrFetchCanceled)
	for _, c := range f.clients {
		c.CloseIdleConnections()
	}
}

// Fetch implements transport.Fetcher.
func (f *Fetcher) Fetch(r transport.FetchRequest, done func(transport.FetchResponse, error)) (cancel func()) {
	ctx, stop := context.WithCancelCause(f.ctx)
	go func() {
		defer stop(nil)
		done(f.fetch(ctx, r))
	}()
	return func() { stop(transport.ErrFetchCanceled) }
}

// fetch performs one request, and says in its error what cut it short.
func (f *Fetcher) fetch(ctx context.Context, r transport.FetchRequest) (transport.FetchResponse, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, r.Timeout, transport.ErrFetchTimeout)
	defer cancel()
	resp, err := f.exchange(ctx, r)
	switch {
	case err == nil, errors.Is(err, transport.ErrBodyTooLarge):
		return resp, err
	case ctx.Err() != nil:
		return transport.FetchResponse{}, context.Cause(ctx)
	default:
		return transport.FetchResponse{}, fetchError(err)
	}
}

func (f *Fetcher) exchange(ctx context.Context, r transport.FetchRequest) (transport.FetchResponse, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL, nil)
	if err != nil {
		return transport.FetchResponse{}, err
	}
	if err := checkURL(req.URL); err != nil {
		return transport.FetchResponse{}, err
	}
	req.Header.Set("User-Agent", f.userAgent)
	req.Header.Set("Accept-Encoding", transport.AcceptEncoding)
	client := f.clients[familyOf(r.Addrs)]
	if len(r.Addrs) > 0 {
		req = req.WithContext(context.WithValue(ctx, pinKey{}, pin{req.URL.Hostname(), r.Addrs}))
	}
	resp, err := client.Do(req)
	if err != nil {
		return transport.FetchResponse{}, err
	}
	// Closing before the end of the body closes the connection too, so nothing
	// is read for a body that is too large.
	defer resp.Body.Close()
	body, err := readBody(resp, r.MaxBody)
	if err != nil {
		return transport.FetchResponse{}, err
	}
	return transport.FetchResponse{Status: resp.StatusCode, Body: body}, nil
}

// readBody reads at most limit bytes, as they come and as they are unpacked.
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	if resp.ContentLength > limit {
		return nil, fmt.Errorf("%w: %d bytes, allowed are %d", transport.ErrBodyTooLarge, resp.ContentLength, limit)
	}
	onePast := limit
	if onePast < math.MaxInt64 {
		onePast++
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, onePast))
	if int64(len(body)) > limit {
		return nil, fmt.Errorf("%w: more than %d bytes", transport.ErrBodyTooLarge, limit)
	}
	if err != nil {
		return nil, err
	}
	return transport.Unpack(body, resp.Header.Get("Content-Encoding"), limit)
}

// checkRedirect is asked before each redirect; via are the requests made so far.
func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) > transport.FetchRedirectsMax {
		return fmt.Errorf("more than %d redirects", transport.FetchRedirectsMax)
	}
	// An announce URL may hold a passkey: the next host need not know it.
	req.Header.Del("Referer")
	return checkURL(req.URL)
}

func checkURL(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("cannot fetch from a URL of scheme %q", u.Scheme)
	}
	if u.Host == "" {
		return errors.New("no host in the URL")
	}
	return nil
}

// fetchError says what went wrong in as few words as the user needs, who is
// told the URL anyway.
func fetchError(err error) error {
	cause := err
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		cause = wrapped.Err
	}
	var dns *net.DNSError
	switch {
	case errors.As(cause, &dns):
		return lookupError(cause)
	case errors.Is(err, transport.ErrBadEncoding), errors.Is(err, transport.ErrTruncatedEncoding):
		return err
	case errors.Is(cause, io.EOF), errors.Is(cause, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w before the response was complete", transport.ErrRemoteClosed)
	}
	var op *net.OpError
	if errors.As(cause, &op) {
		if op.Op == "dial" {
			return dialError(cause)
		}
		return streamError(cause)
	}
	text := cause.Error()
	for _, noise := range []string{"net/http: ", "HTTP/1.x transport connection broken: "} {
		text = strings.TrimPrefix(text, noise)
	}
	return &netError{text: text, causes: []error{cause}}
}
