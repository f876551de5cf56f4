package sockets

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// Limits of a served request.
const (
	serveReadTimeout  = 10 * time.Second // for the request and its header
	serveWriteTimeout = 30 * time.Second
	serveStopWait     = time.Second // for requests under way when stop is called
)

// Serve answers HTTP requests on addr with handler until stop is called, which
// may be more than once. Port 0 lets the system pick; bound is the address in
// use. A port that is taken is transport.ErrAddrInUse.
func Serve(addr netip.AddrPort, handler http.Handler) (bound netip.AddrPort, stop func(), err error) {
	ln, err := net.Listen("tcp", listenAddr(addr))
	if err != nil {
		return netip.AddrPort{}, nil, fmt.Errorf("serve HTTP on %v: %w", addr, listenError(err))
	}
	server := &http.Server{
		Handler: handler, ReadTimeout: serveReadTimeout, WriteTimeout: serveWriteTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: headerBytesMax,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ln) }()
	stop = sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.Background(), serveStopWait)
		defer cancel()
		if err := server.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
			_ = server.Close() // cuts off who is still waiting for an answer
		}
		<-ended
	})
	return plain(ln.Addr().(*net.TCPAddr).AddrPort()), stop, nil
}
