//go:build !windows

package sockets

import (
	"syscall"

	"bt/transport"
)

const (
	errnoAddrInUse = syscall.EADDRINUSE
	errnoTimedOut  = syscall.ETIMEDOUT
)

// errnos are the errors that have a name in package transport.
var errnos = []struct {
	errno syscall.Errno
	kind  error
}{
	{syscall.ECONNREFUSED, transport.ErrRefused},
	{syscall.ECONNRESET, transport.ErrReset},
	{syscall.ECONNABORTED, transport.ErrReset},
	{syscall.EPIPE, transport.ErrRemoteClosed}, // written to after its orderly close
	{syscall.EHOSTUNREACH, transport.ErrUnreachable},
	{syscall.ENETUNREACH, transport.ErrUnreachable},
	{syscall.EHOSTDOWN, transport.ErrUnreachable},
	{syscall.ENETDOWN, transport.ErrUnreachable},
	{syscall.EADDRNOTAVAIL, transport.ErrUnreachable}, // we have no address of that family
	{syscall.EAFNOSUPPORT, transport.ErrUnreachable},
}
