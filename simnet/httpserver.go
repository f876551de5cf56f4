package simnet

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/netip"

	"bt/transport"
)

// maxRequestBody bounds what a request may carry.
const maxRequestBody = 1 << 20

// ServeHTTP answers HTTP/1.1 on a port of all addresses of the host, until stop
// is called or the host is killed. The handler runs within one event and must
// not block; one that panics with http.ErrAbortHandler drops the stream without
// an answer. A port in use is a mistake of the caller and panics.
func (h *Host) ServeHTTP(port uint16, handler http.Handler) (stop func()) {
	addr := netip.AddrPortFrom(netip.IPv6Unspecified(), port)
	_, stop, err := h.Net().Listen(addr, func(s transport.Stream) transport.Handler {
		return &serverConn{stream: s, handler: handler}
	})
	if err != nil {
		panic(fmt.Sprintf("simnet: serve http on host %q: %v", h.name, err))
	}
	return stop
}

// serverConn serves one request and closes.
type serverConn struct {
	stream   transport.Stream
	handler  http.Handler
	buf      []byte
	answered bool
	unsent   int // bytes of the answer
}

// Opened implements transport.Handler.
func (c *serverConn) Opened() {}

// Closed implements transport.Handler.
func (c *serverConn) Closed(error) {}

// Sent implements transport.Handler. Close would drop what is still queued.
func (c *serverConn) Sent(n int) {
	if c.unsent -= n; c.unsent == 0 {
		c.stream.Close()
	}
}

// Received implements transport.Handler.
func (c *serverConn) Received(p []byte) {
	if c.answered {
		return
	}
	c.buf = append(c.buf, p...)
	end := bytes.Index(c.buf, headEnd)
	if end > maxHead || end < 0 && len(c.buf) > maxHead {
		c.refuse(http.StatusRequestHeaderFieldsTooLarge)
		return
	}
	if end < 0 {
		return
	}
	req, err := http.ReadRequest(bufio.NewReaderSize(bytes.NewReader(c.buf), len(c.buf)))
	switch {
	case err != nil:
		c.refuse(http.StatusBadRequest)
	case req.ContentLength < 0:
		c.refuse(http.StatusLengthRequired)
	case req.ContentLength > maxRequestBody:
		c.refuse(http.StatusRequestEntityTooLarge)
	case int64(len(c.buf)-end-len(headEnd)) >= req.ContentLength:
		c.serve(req)
	}
}

func (c *serverConn) serve(req *http.Request) {
	req.RemoteAddr = c.stream.RemoteAddr().String()
	w := &recorder{header: make(http.Header)}
	if !w.run(c.handler, req) {
		c.answered = true
		c.stream.Close()
		return
	}
	c.answer(w)
}

func (c *serverConn) refuse(status int) {
	w := &recorder{header: make(http.Header)}
	http.Error(w, http.StatusText(status), status)
	c.answer(w)
}

func (c *serverConn) answer(w *recorder) {
	b := w.serialise()
	c.answered, c.buf, c.unsent = true, nil, len(b)
	c.stream.Send(b)
}

// recorder is the http.ResponseWriter: it keeps the answer until it is whole.
type recorder struct {
	header http.Header
	sent   http.Header // as it was when the status was written
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status, w.sent = status, w.header.Clone()
	}
}

func (w *recorder) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// run calls the handler, and reports false when it wants no answer to be sent.
func (w *recorder) run(h http.Handler, req *http.Request) (answer bool) {
	defer func() {
		if p := recover(); p != nil && p != http.ErrAbortHandler {
			panic(p)
		}
	}()
	h.ServeHTTP(w, req)
	return true
}

// serialise encodes the answer. It carries no date: there is only the time of
// the simulation, and no use for it.
func (w *recorder) serialise() []byte {
	w.WriteHeader(http.StatusOK)
	if w.sent.Get("Content-Type") == "" && w.body.Len() > 0 {
		w.sent.Set("Content-Type", http.DetectContentType(w.body.Bytes()))
	}
	res := http.Response{
		StatusCode: w.status,
		ProtoMajor: 1, ProtoMinor: 1,
		Header:        w.sent,
		Body:          io.NopCloser(&w.body),
		ContentLength: int64(w.body.Len()),
		Close:         true,
	}
	var b bytes.Buffer
	if err := res.Write(&b); err != nil {
		panic("simnet: cannot write a response to memory: " + err.Error())
	}
	return b.Bytes()
}
