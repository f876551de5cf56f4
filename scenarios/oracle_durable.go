package scenarios

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"bt/client"
	"bt/simnet/simfs"
)

// durableWatch is the half of D5 that looks ahead: a piece that a piece cache
// claims to be had would survive a loss of power at that very moment, and does
// survive the next one, unless it was written to since. What the next instance
// believes is the other half, see handleLoaded.
type durableWatch struct {
	claimed pieceSet // by the piece cache that was saved last
	proven  pieceSet // were found on an image of the disk, and not written to since
	// unsure are pieces that a sync which has failed may have forgotten. What is in
	// the memory of the system reads right, and the next sync succeeds: that they
	// are not on disk only who was there can know. If he ends before he could write
	// them again, he has to leave word: words are the piece caches told since.
	unsure pieceSet
	failed bool // a sync has, since the last piece cache
	noted  bool // the instance before has left a piece cache
	looked bool // the client has looked at what is there
	saves  int  // piece caches told
	words  map[[sha256.Size]byte]bool
	// inherited are pieces of which no word has reached this process: its user keeps
	// no piece cache, or the one before was ended within the second that it takes to
	// write one. They are not held against it, until it writes to them.
	inherited pieceSet
	powerless bool // the host has lost its power since, and its system all doubt
}

// newDurableWatch begins with what old, which may be nil, has left in doubt, and no
// word of which is in cache.
func newDurableWatch(pieces int, old *watched, cache []byte) durableWatch {
	d := durableWatch{
		claimed: newPieceSet(pieces), proven: newPieceSet(pieces), unsure: newPieceSet(pieces), inherited: newPieceSet(pieces),
		words: make(map[[sha256.Size]byte]bool), noted: len(cache) > 0,
	}
	if old == nil || old.durable.powerless {
		return d
	}
	word := old.durable.words[sha256.Sum256(cache)]
	for p := range pieces {
		if old.durable.unsure.has(p) && !word || old.durable.inherited.has(p) {
			d.inherited.set(p)
		}
	}
	return d
}

// syncFailed: all that is not known to be durable may be forgotten.
func (d *durableWatch) syncFailed(pieces int) {
	d.failed = true
	clear(d.words)
	for p := range pieces {
		if !d.proven.has(p) {
			d.unsure.set(p)
		}
	}
}

// handleSaved looks at a new piece cache.
func (w *watched) handleSaved() {
	info := &w.o.truth.meta.Info
	cache := w.torrent.PieceCache()
	claimed, err := readCache(cache, info.NumPieces())
	if err != nil {
		w.violation("D5", "its piece cache %v", err)
		return
	}
	w.durable.claimed = claimed
	w.durable.words[sha256.Sum256(cache)] = true
	w.durable.saves++
	w.durable.failed = false
	if w.state != client.Stopped {
		w.disk.kept()
	}
	if w.disk.moving > 0 || w.disk.torn != "" {
		return // what is on its way from the part file, or from another directory, may be there still
	}
	var image *simfs.FS
	var lost []int
	for p := range info.NumPieces() {
		if !claimed.has(p) || w.durable.proven.has(p) {
			continue
		}
		w.durable.unsure.clear(p)
		if w.durable.inherited.has(p) {
			continue
		}
		if image == nil {
			image = w.fs.Image()
		}
		if !w.holds(image, p) && !w.damage().pieces.has(p) {
			lost = append(lost, p)
		}
		w.durable.proven.set(p) // or it is told once
	}
	if len(lost) > 0 {
		w.violation("D5", "its piece cache has pieces %d, which are not durable", lost)
	}
}

// checkWord looks whether a client that tells of a failed sync leaves word of it in
// the same turn: it may not have another one.
func (w *watched) checkWord() {
	switch {
	case !w.durable.failed:
		return // it tells that it cannot write again what it has told of before
	case w.durable.noted && !w.durable.looked:
		return // it knows of no piece yet but by the word of the instance before, which stays
	}
	before := w.durable.saves
	w.o.later(0, func() {
		if w.durable.saves == before && w.alive() {
			w.violation("D5", "a sync has failed, and no piece cache says of what")
		}
	})
}

// written: what is changed is not known to be durable any more.
func (d *durableWatch) written(first, last int) {
	for p := first; p <= last; p++ {
		d.proven.clear(p)
		d.inherited.clear(p)
	}
}

// powerLost looks at what a loss of power has left.
func (o *oracles) powerLost(s *subject) {
	o.catchUp()
	o.damageOf(s.fs).handlePowerLost(o.truth.meta.Info.NumPieces())
	w := o.at[s.host]
	if w != nil {
		w.durable.powerless = true
	}
	if w == nil || w.subject != s || w.isClosed || w.disk.moving > 0 {
		return // what is on its way from the part file may be there still
	}
	lost := w.lostIn(w.dir)
	if other := cmp.Or(w.disk.goesTo, w.disk.torn); other != "" && len(lost) > 0 {
		lost = w.lostIn(other) // all is here or there, and the next process finds out where
	}
	if len(lost) > 0 {
		w.violation("D5", "pieces %d of its piece cache did not survive the loss of power", lost)
	}
}

// lostIn lists the pieces that a piece cache has spoken of and that are not in dir.
func (w *watched) lostIn(dir string) (lost []int) {
	for p := range w.o.truth.meta.Info.NumPieces() {
		if w.durable.claimed.has(p) && w.durable.proven.has(p) && !w.holdsIn(dir, w.fs, p) && !w.damage().pieces.has(p) {
			lost = append(lost, p)
		}
	}
	return lost
}

// readCache finds the pieces in a piece cache, by the layout that package resume
// documents, and not by its code.
func readCache(b []byte, pieces int) (pieceSet, error) {
	const name = 8 + 4 + 20 + 12 + 1 + 8 + 8 // of the torrent, behind its length
	if len(b) < name+4 {
		return nil, errors.New("is cut off")
	}
	at := name + 4 + int64(binary.BigEndian.Uint32(b[name:]))
	if at+4 > int64(len(b)) {
		return nil, errors.New("ends in its name")
	}
	n := int(binary.BigEndian.Uint32(b[at:]))
	bits := b[at+4:]
	if n != pieces || len(bits) < (n+7)/8 {
		return nil, errors.New("is of another torrent")
	}
	s := newPieceSet(n)
	for p := range n {
		if bits[p/8]&(0x80>>(p%8)) != 0 {
			s.set(p)
		}
	}
	return s, nil
}
