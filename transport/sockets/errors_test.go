package sockets

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"

	"bt/transport"
)

func TestErrors(t *testing.T) {
	expired, cancel := context.WithTimeout(context.Background(), 0)
	defer cancel()
	_, timeout := dial(expired, netip.MustParseAddrPort("127.0.0.1:1"))
	system := func(op string, errno error) error { return &net.OpError{Op: op, Net: "tcp", Err: errno} }
	for _, c := range []struct {
		err  error
		is   []error
		text string
	}{
		{timeout, []error{transport.ErrDialTimeout, context.DeadlineExceeded}, "no answer to the connection attempt"},
		{dialError(system("dial", errnoTimedOut)), []error{transport.ErrDialTimeout, errnoTimedOut}, "no answer to the connection attempt"},
		{streamError(system("read", errnoTimedOut)), []error{transport.ErrUnreachable, errnoTimedOut}, "host unreachable: " + errnoTimedOut.Error()},
		{streamError(io.EOF), []error{transport.ErrRemoteClosed}, "closed by the remote side"},
		{listenError(system("listen", errnoAddrInUse)), []error{transport.ErrAddrInUse, errnoAddrInUse}, errnoAddrInUse.Error()},
		{streamError(system("read", net.ErrClosed)), []error{net.ErrClosed}, "use of closed network connection"},
		{lookupError(&net.DNSError{Err: "no such host", Name: "tracker.example", Server: "127.0.0.53"}), nil, "no such host: tracker.example"},
	} {
		if c.err.Error() != c.text {
			t.Errorf("error reads %q, want %q", c.err, c.text)
		}
		for _, want := range c.is {
			if !errors.Is(c.err, want) {
				t.Errorf("%q is not %v", c.err, want)
			}
		}
	}
	for _, e := range errnos {
		for _, err := range []error{dialError(system("dial", e.errno)), streamError(system("read", e.errno))} {
			if !errors.Is(err, e.kind) || !errors.Is(err, e.errno) {
				t.Errorf("%v is not both %v and %v", err, e.kind, e.errno)
			}
			if strings.Count(err.Error(), e.errno.Error()) != 1 {
				t.Errorf("error reads %q, want the system's words once", err)
			}
		}
	}
}
