// Package sockets is package transport on the operating system: TCP, UDP and
// HTTP. It is the only package of the project that opens a socket.
//
// A stream costs two goroutines, which mostly wait: one reads, one writes. An
// idle stream holds no buffer. The calls of its Handler come from either of
// them, one at a time.
package sockets

import (
	"log/slog"
	"sync"
	"time"

	"bt/transport"
)

// Config says how a Network behaves; the zero value is fine.
type Config struct {
	Log *slog.Logger // hears of trouble with accepting; nil is silence
}

// Network implements transport.Network. Its methods may be called from any
// goroutine.
type Network struct {
	log *slog.Logger

	mu      sync.Mutex
	closed  bool
	open    map[closer]struct{} // listeners, streams and packet sockets
	running sync.WaitGroup      // one for each of them, until it has ended
}

type closer interface{ Close() }

var _ transport.Network = (*Network)(nil)

// closeWait bounds the wait of Network.Close. All that may still run then is a
// Handler that does not return.
const closeWait = 5 * time.Second

// New returns a Network with nothing open.
func New(cfg Config) *Network {
	log := cfg.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Network{log: log, open: make(map[closer]struct{})}
}

// Close closes all listeners, streams and packet sockets, and waits until their
// last call is made, though not for ever. Streams that are dialled later are
// Closed at once. It must not be called from inside a Handler, which it would
// wait for.
func (n *Network) Close() {
	n.mu.Lock()
	n.closed = true
	var open []closer
	for c := range n.open {
		open = append(open, c)
	}
	n.mu.Unlock()

	for _, c := range open {
		c.Close()
	}
	ended := make(chan struct{})
	go func() {
		n.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(closeWait):
		n.log.Warn("network closed while a handler is still running")
	}
}

// start runs c in its own goroutine until run returns. It says false, and does
// not run it, when the Network is closed.
func (n *Network) start(c closer, run func()) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return false
	}
	n.open[c] = struct{}{}
	n.running.Go(func() {
		run()
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.open, c)
	})
	return true
}
