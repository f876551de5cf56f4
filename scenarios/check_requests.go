package scenarios

import (
	"time"

	"bt/client"
	"bt/client/wire"
)

// repeats: each of Who asks again no more than Count times for a block that it
// has asked for before, of whomever.
type repeats struct {
	*watch
	asked map[string]map[wire.Block]bool
	again map[string]int
}

func newRepeats(w *watch) check {
	w.satisfied()
	return &repeats{w, make(map[string]map[wire.Block]bool), make(map[string]int)}
}

func (c *repeats) sent(m message) {
	if m.Kind != wire.Request {
		return
	}
	asked := c.asked[m.from]
	if asked == nil {
		asked = make(map[wire.Block]bool)
		c.asked[m.from] = asked
	}
	if asked[m.Block()] {
		c.again[m.from]++
	}
	asked[m.Block()] = true
}

func (c *repeats) hungUp(string, string) {}

func (c *repeats) finish() {
	for _, n := range c.who {
		if got := c.again[n.name]; got > c.expect.Count {
			c.fail(n.name, "%d requests for what was asked for before, more than %d", got, c.expect.Count)
		}
	}
}

// batch: for each unchoke by any of Of, each of Who sends it no more than Count
// requests at once, and one more for every block that comes.
type batch struct {
	*watch
	ahead map[[2]string]int
	most  map[string]int
}

func newBatch(w *watch) check {
	w.satisfied()
	return &batch{w, make(map[[2]string]int), make(map[string]int)}
}

func (c *batch) sent(m message) {
	switch m.Kind {
	case wire.Request:
		pair := [2]string{m.from, m.to}
		if c.ahead[pair]++; c.of(m.to) {
			c.most[m.from] = max(c.most[m.from], c.ahead[pair])
		}
	case wire.Piece:
		c.ahead[[2]string{m.to, m.from}]--
	case wire.Unchoke:
		c.ahead[[2]string{m.to, m.from}] = 0
	}
}

func (c *batch) hungUp(from, to string) { c.ahead[[2]string{from, to}] = 0 }

func (c *batch) finish() {
	for _, n := range c.who {
		if got := c.most[n.name]; got > c.expect.Count {
			c.fail(n.name, "%d requests for one unchoke, more than %d", got, c.expect.Count)
		}
	}
}

// ledger knows which requests of a client are outstanding, and with whom.
type ledger struct {
	live map[wire.Block]map[string]bool
	came map[wire.Block]bool // blocks sent to it
	fast map[string]bool     // peers that have spoken as BEP 6 has it
}

func newLedger() *ledger {
	return &ledger{make(map[wire.Block]map[string]bool), make(map[wire.Block]bool), make(map[string]bool)}
}

// asks notes a request, or with false that it is off.
func (l *ledger) asks(b wire.Block, of string, on bool) {
	if l.live[b] == nil {
		l.live[b] = make(map[string]bool)
	}
	if on {
		l.live[b][of] = true
	} else {
		delete(l.live[b], of)
	}
}

// voids takes all that a peer was asked for off, and shows it.
func (l *ledger) voids(of string, each func(wire.Block)) {
	for b, peers := range l.live {
		if peers[of] {
			delete(peers, of)
			each(b)
		}
	}
}

// begun says whether some block of a piece has come.
func (l *ledger) begun(piece uint32, t *truth) bool {
	size := uint32(t.meta.Info.PieceSize(int(piece)))
	for at := uint32(0); at < size; at += wire.BlockSize {
		if l.came[wire.Block{Index: piece, Begin: at, Length: min(size-at, wire.BlockSize)}] {
			return true
		}
	}
	return false
}

// heard takes what a peer says to the client; withdrawn is shown the requests
// that this leaves unanswered.
func (l *ledger) heard(m message, withdrawn func(wire.Block)) {
	switch m.Kind {
	case wire.HaveAll, wire.HaveNone, wire.AllowedFast:
		l.fast[m.from] = true
	case wire.Piece:
		l.came[m.Block()] = true
		l.asks(m.Block(), m.from, false)
	case wire.Reject:
		if l.live[m.Block()][m.from] {
			l.asks(m.Block(), m.from, false)
			withdrawn(m.Block())
		}
	case wire.Choke:
		// BEP 6: with it, a choke "no longer implicitly rejects all pending
		// requests".
		if !l.fast[m.from] {
			l.voids(m.from, withdrawn)
		}
	}
}

// moved: what any of Of was asked for and withdraws, by a choke, a reject or the
// end of the connection, each of Who asks of somebody else within Time, unless
// the block comes by then. This is about pieces of which something has come: the
// others are as good as never begun. At least Count blocks must be withdrawn, or
// nothing was shown.
type moved struct {
	*watch
	ledgers   map[string]*ledger
	orphans   map[string]map[wire.Block]time.Duration // withdrawn, at which time
	withdrawn map[string]int
	late      map[string]int // asked for again later than that
}

func newMoved(w *watch) check {
	w.satisfied()
	c := &moved{w, make(map[string]*ledger), make(map[string]map[wire.Block]time.Duration), make(map[string]int), make(map[string]int)}
	for _, n := range w.who {
		c.ledgers[n.name], c.orphans[n.name] = newLedger(), make(map[wire.Block]time.Duration)
	}
	return c
}

func (c *moved) sent(m message) {
	if l := c.ledgers[m.from]; l != nil {
		switch m.Kind {
		case wire.Request:
			c.settle(m.from, m.Block())
			l.asks(m.Block(), m.to, true)
		case wire.Cancel:
			l.asks(m.Block(), m.to, false)
		}
	}
	if l := c.ledgers[m.to]; l != nil {
		l.heard(m, func(b wire.Block) { c.orphan(m.to, m.from, b) })
		if m.Kind == wire.Piece {
			c.settle(m.to, m.Block())
		}
	}
}

// orphan begins the time in which a block must be asked for anew.
func (c *moved) orphan(who, of string, b wire.Block) {
	if l := c.ledgers[who]; c.of(of) && !l.came[b] && len(l.live[b]) == 0 && l.begun(b.Index, c.run.truth) {
		c.withdrawn[who]++
		c.orphans[who][b] = c.run.now()
	}
}

func (c *moved) settle(who string, b wire.Block) {
	if since, ok := c.orphans[who][b]; ok && c.run.now()-since > c.expect.Time.std() {
		c.late[who]++
	}
	delete(c.orphans[who], b)
}

func (c *moved) hungUp(from, to string) {
	if l := c.ledgers[from]; l != nil {
		l.voids(to, func(b wire.Block) { c.orphan(from, to, b) })
	}
}

func (c *moved) finish() {
	for _, n := range c.who {
		for b := range c.orphans[n.name] {
			c.settle(n.name, b)
		}
		switch {
		case c.withdrawn[n.name] < c.expect.Count:
			c.fail(n.name, "%d requests were withdrawn, fewer than %d", c.withdrawn[n.name], c.expect.Count)
		case c.late[n.name] > 0:
			c.fail(n.name, "%d of %d blocks were not asked for again within %v", c.late[n.name], c.withdrawn[n.name], c.expect.Time)
		}
	}
}

// endgame: each of Who, which want everything, asks for a block twice only when
// there is none left to ask for. It must do so at least Count times.
type endgame struct {
	*watch
	ledgers map[string]*ledger
	idle    map[string]int // blocks that nobody is asked for, and that have not come
	twice   map[string]int
	early   map[string]int
}

func newEndgame(w *watch) check {
	w.satisfied()
	c := &endgame{w, make(map[string]*ledger), make(map[string]int), make(map[string]int), make(map[string]int)}
	info := &w.run.truth.meta.Info
	for _, n := range w.who {
		c.ledgers[n.name] = newLedger()
		has, _ := n.actor.pieces(info.NumPieces()) // was validated
		for p, had := range has {
			if !had {
				c.idle[n.name] += int((info.PieceSize(p) + wire.BlockSize - 1) / wire.BlockSize)
			}
		}
	}
	return c
}

func (c *endgame) sent(m message) {
	if l := c.ledgers[m.from]; l != nil {
		switch m.Kind {
		case wire.Request:
			c.ask(m.from, m.to, m.Block())
		case wire.Cancel:
			c.drop(m.from, m.to, m.Block())
		}
	}
	if l := c.ledgers[m.to]; l != nil {
		if m.Kind == wire.Piece && len(l.live[m.Block()]) == 0 && !l.came[m.Block()] {
			c.idle[m.to]-- // unasked, or late
		}
		l.heard(m, func(b wire.Block) { c.freed(m.to, b) })
	}
}

func (c *endgame) ask(who, of string, b wire.Block) {
	l := c.ledgers[who]
	switch {
	case len(l.live[b]) > 0:
		if c.twice[who]++; c.idle[who] > 0 {
			c.early[who]++
		}
	case !l.came[b]:
		c.idle[who]--
	}
	l.asks(b, of, true)
}

func (c *endgame) drop(who, of string, b wire.Block) {
	if l := c.ledgers[who]; l.live[b][of] {
		l.asks(b, of, false)
		c.freed(who, b)
	}
}

// freed counts a block that has lost a request.
func (c *endgame) freed(who string, b wire.Block) {
	if l := c.ledgers[who]; len(l.live[b]) == 0 && !l.came[b] {
		c.idle[who]++
	}
}

func (c *endgame) hungUp(from, to string) {
	if l := c.ledgers[from]; l != nil {
		l.voids(to, func(b wire.Block) { c.freed(from, b) })
	}
}

func (c *endgame) finish() {
	for _, n := range c.who {
		switch twice, early := c.twice[n.name], c.early[n.name]; {
		case early > 0:
			c.fail(n.name, "%d of %d blocks were asked for twice while others were not asked for", early, twice)
		case twice < c.expect.Count:
			c.fail(n.name, "%d blocks were asked for twice, fewer than %d", twice, c.expect.Count)
		}
	}
}

// rarest: each of Who, which want everything, begins a piece with one of Of only
// if none that this peer has, and that was not begun, is rarer by more than
// Count peers. The first four pieces are exempt: until they are had there is
// little to trade, and what counts is speed.
type rarest struct {
	*watch
	has     map[[2]string]pieceSet // by listener and who has it
	begun   map[string]pieceSet
	had     map[*node]int
	picks   map[string]int
	commons map[string]int // picks of what was too common
}

// randomFirst is the number of pieces that are exempt.
const randomFirst = 4

func newRarest(w *watch) check {
	w.satisfied()
	c := &rarest{w, make(map[[2]string]pieceSet), make(map[string]pieceSet), make(map[*node]int), make(map[string]int), make(map[string]int)}
	n := w.run.truth.meta.Info.NumPieces()
	for _, node := range w.who {
		c.begun[node.name] = newPieceSet(n)
		has, _ := node.actor.pieces(n) // was validated
		for p, had := range has {
			if had {
				c.begun[node.name].set(p)
			}
		}
	}
	return c
}

func (c *rarest) notice(n *node, x client.Notice) {
	if _, ok := x.(client.PieceVerified); ok {
		c.had[n]++
	}
}

func (c *rarest) sent(m message) {
	pieces := c.run.truth.meta.Info.NumPieces()
	pair := [2]string{m.to, m.from}
	switch m.Kind {
	case wire.Have:
		if c.has[pair] == nil {
			c.has[pair] = newPieceSet(pieces)
		}
		if int(m.Index) < pieces {
			c.has[pair].set(int(m.Index))
		}
	case wire.Bitfield, wire.HaveAll, wire.HaveNone:
		if has, ok := piecesOf(&frame{kind: m.Kind, bits: m.Data}, pieces); ok {
			c.has[pair] = has
		}
	case wire.Request:
		if begun := c.begun[m.from]; begun != nil && int(m.Index) < pieces && !begun.has(int(m.Index)) {
			c.pick(m.from, m.to, int(m.Index))
			begun.set(int(m.Index))
		}
	}
}

// pick compares the piece that is begun with those that could have been.
func (c *rarest) pick(who, of string, piece int) {
	for _, n := range c.who {
		if n.name == who && c.had[n] < randomFirst || !c.of(of) {
			return
		}
	}
	c.picks[who]++
	least := c.peersWith(who, piece) - c.expect.Count
	for p := range c.run.truth.meta.Info.NumPieces() {
		if has := c.has[[2]string{who, of}]; !c.begun[who].has(p) && has.has(p) && c.peersWith(who, p) < least {
			c.commons[who]++
			return
		}
	}
}

// peersWith counts who has told a client that it has a piece.
func (c *rarest) peersWith(who string, piece int) (n int) {
	for _, h := range c.run.hosts {
		if has := c.has[[2]string{who, h.Name()}]; has != nil && has.has(piece) {
			n++
		}
	}
	return n
}

func (c *rarest) hungUp(from, to string) { delete(c.has, [2]string{from, to}) }

func (c *rarest) finish() {
	for _, n := range c.who {
		if picks, commons := c.picks[n.name], c.commons[n.name]; commons > 0 || picks == 0 {
			c.fail(n.name, "%d of %d pieces were begun when rarer ones could have been", commons, picks)
		}
	}
}
