package scenarios

import (
	"bytes"
	"crypto/sha256"
	"errors"

	"bt/client"
	"bt/simnet/simfs"
)

// What a program keeps between its lives: the piece cache of its torrent, in a
// file that cmd/bt would write, too, and with the same code.
const (
	stateDir  = "/state"
	stateFile = stateDir + "/cache"

	// stateMax is more than any torrent of a scenario needs.
	stateMax = 16 << 20

	// stateDelay is how long after the news of it a piece cache is written: a
	// program does that aside.
	stateDelay = Second
)

// loadState reads the piece cache, nil if there is none.
func (n *node) loadState() []byte { return n.loadStateFrom(n.fs) }

// loadStateFrom is loadState for an image of the node's disk.
func (n *node) loadStateFrom(disk *simfs.FS) (cache []byte) {
	damage := client.ReadGenerations(disk, stateFile, stateMax, func(b []byte) error {
		// Package resume: what a piece cache ends with is the SHA-256 of all before.
		body := b[:max(len(b)-sha256.Size, 0)]
		if sum := sha256.Sum256(body); !bytes.Equal(sum[:], b[len(body):]) {
			return errors.New("damaged")
		}
		cache = b
		return nil
	})
	if damage != nil {
		n.run.traceLine(n.name, "state: %v", damage)
	}
	return cache
}

// saveState replaces the piece cache, unless the process ends before, or another
// one is saved. That it fails is no failure of the run: the client cannot help it,
// and what was kept before is kept still.
func (n *node) saveState(cache []byte) {
	n.savings++
	mine := n.savings
	n.run.at(Duration(n.run.now())+stateDelay, func() {
		if n.savings != mine {
			return
		}
		if err := client.ReplaceFile(n.fs, stateFile, cache); err != nil {
			n.run.traceLine(n.name, "state: %v", err)
		}
	})
}
