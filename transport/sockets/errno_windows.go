package sockets

import (
	"syscall"

	"golang.org/x/sys/windows"

	"bt/transport"
)

// On Windows, the errnos of package syscall are invented; sockets return those
// of Winsock.
const (
	errnoAddrInUse = windows.WSAEADDRINUSE
	errnoTimedOut  = windows.WSAETIMEDOUT
)

// errnos are the errors that have a name in package transport.
var errnos = []struct {
	errno syscall.Errno
	kind  error
}{
	{windows.WSAECONNREFUSED, transport.ErrRefused},
	{windows.WSAECONNRESET, transport.ErrReset},
	{windows.WSAECONNABORTED, transport.ErrReset},
	{windows.WSAENETRESET, transport.ErrReset},
	{windows.WSAESHUTDOWN, transport.ErrRemoteClosed},
	{windows.WSAEHOSTUNREACH, transport.ErrUnreachable},
	{windows.WSAENETUNREACH, transport.ErrUnreachable},
	{windows.WSAEHOSTDOWN, transport.ErrUnreachable},
	{windows.WSAENETDOWN, transport.ErrUnreachable},
	{windows.WSAEADDRNOTAVAIL, transport.ErrUnreachable}, // we have no address of that family
	{windows.WSAEAFNOSUPPORT, transport.ErrUnreachable},
}
