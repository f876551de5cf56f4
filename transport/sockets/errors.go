package sockets

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"bt/transport"
)

// errNetworkClosed ends what is started after Network.Close.
var errNetworkClosed = &netError{text: "network closed", causes: []error{net.ErrClosed}}

// netError is an error of the system in the words of package transport, without
// what package net adds about operations and addresses: who prints it knows
// them. errors.Is and errors.As find the sentinel as well as the errno.
type netError struct {
	text   string
	causes []error
}

func (e *netError) Error() string   { return e.text }
func (e *netError) Unwrap() []error { return e.causes }

// named gives err the name kind.
func named(kind, err error) error {
	text := kind.Error()
	var errno syscall.Errno
	if errors.As(err, &errno) && !strings.Contains(text, errno.Error()) {
		if strings.HasPrefix(errno.Error(), text) {
			text = errno.Error() // "connection reset by peer" says it all
		} else {
			text += ": " + errno.Error()
		}
	}
	return &netError{text: text, causes: []error{kind, err}}
}

// listenError is for Listen and ListenPacket.
func listenError(err error) error {
	if errors.Is(err, errnoAddrInUse) {
		return named(transport.ErrAddrInUse, err)
	}
	return bare(err)
}

// dialError is for a stream that did not open.
func dialError(err error) error {
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, context.Canceled):
		return err // after Close, which does not tell it
	case errors.As(err, &timeout) && timeout.Timeout():
		// Our own deadline, or the system gave up first.
		return &netError{text: transport.ErrDialTimeout.Error(), causes: []error{transport.ErrDialTimeout, err}}
	}
	return errnoError(err)
}

// streamError is for a stream that was open.
func streamError(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return transport.ErrRemoteClosed
	case errors.Is(err, errnoTimedOut):
		// The system has sent the same bytes again and again.
		return named(transport.ErrUnreachable, err)
	}
	return errnoError(err)
}

func errnoError(err error) error {
	for _, e := range errnos {
		if errors.Is(err, e.errno) {
			return named(e.kind, err)
		}
	}
	return bare(err)
}

// bare strips what package net wraps around an error, until its own text is
// left.
func bare(err error) error {
	inner := err
	for {
		var (
			op  *net.OpError
			sys *os.SyscallError
		)
		switch {
		case errors.As(inner, &op):
			inner = op.Err
		case errors.As(inner, &sys):
			inner = sys.Err
		default:
			return &netError{text: inner.Error(), causes: []error{err}}
		}
	}
}
