package client

import (
	"hash"
	"log/slog"
	"math/rand/v2"

	"github.com/benbjohnson/clock"
	"github.com/spf13/afero"

	"bt/transport"
)

// World is everything outside the client. cmd/bt gives it real sockets and
// disks, the simulator gives it a simulated internet; the client cannot tell.
type World struct {
	Clock clock.Clock
	Net   transport.Network
	HTTP  transport.Fetcher
	Names transport.Resolver // of trackers
	FS    afero.Fs
	Work  Worker
	Rand  rand.Source  // everything random comes from it
	Log   *slog.Logger // unless nil, is told every Notice at level debug

	// SHA1, unless nil, makes what hashes pieces, in the place of crypto/sha1: for
	// worlds that know of a quicker way to the same sums.
	SHA1 func() hash.Hash

	// Wake, unless nil, is called by Post when the inbox ceases to be empty,
	// from the goroutine of Post: Turn should be called soon. Run does without.
	Wake func()
}

// Worker does blocking work, hashing and disk access, outside of the loop. Do
// does not block; done is called after work, from any goroutine. Jobs may run
// at the same time and in any order.
type Worker interface {
	Do(work, done func())
}
