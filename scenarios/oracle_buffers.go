package scenarios

import "bt/client/wire"

const (
	// The marks that a client documents: with so much on its way to the disk it
	// asks for nothing more, and does not read its sockets.
	unwrittenMost = 32 << 20
	unreadMost    = 48 << 20
	// readSlack is what each connection may still bring when that is found out:
	// one read.
	readSlack = 64 << 10
)

// bufferWatch counts the bytes of blocks that a client has been given and that
// are not in its files. R3: they fit into the memory that it allows itself. R5:
// it asks for nothing as long as the disk is that far behind. What goes to a part
// file counts until its piece has passed.
type bufferWatch struct {
	held   int64
	before int64   // when the instant began in which a block has come last
	at     instant // that instant

	toldHeld, toldAsked bool // each is told once
}

// take counts a block that has arrived.
func (b *bufferWatch) take(w *watched, n int64) {
	if now := w.o.now(); !b.at.Equal(now) {
		b.at, b.before = now, b.held
	}
	b.held += n
	if most := unreadMost + readSlack*int64(len(w.views)); b.held > most {
		if !b.toldHeld {
			w.violation("R3", "%d bytes of blocks wait for the disk, more than %d", b.held, most)
		}
		b.toldHeld = true
	}
}

// asks looks at a request that is being made.
func (b *bufferWatch) asks(w *watched, f *frame) {
	if f.kind != wire.Request {
		return
	}
	held := b.held
	if b.at.Equal(w.o.now()) {
		held = min(held, b.before) // the rest has come just now, and may be unread
	}
	if held > unwrittenMost && !b.toldAsked {
		w.violation("R5", "%v, and %d bytes wait for the disk", f, held)
		b.toldAsked = true
	}
}

// written counts bytes of a piece that have reached a file.
func (w *watched) written(p int, n int64) {
	if g := w.waste.pieces[p]; g != nil {
		n = min(n, g.held)
		g.held -= n
		w.buffers.held -= n
	}
}

// forget lets go of all that is known of a piece that is had, or has failed.
func (w *watched) forget(p int) {
	if g := w.waste.pieces[p]; g != nil {
		w.buffers.held -= g.held
		delete(w.waste.pieces, p)
	}
}
