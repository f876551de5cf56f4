package client

import (
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"

	"bt/client/boundary"
	"bt/client/wire"
	"bt/transport"
)

const blockSize = wire.BlockSize

// conn is the shell's side of one connection. Its Handler methods run on the
// transport's goroutines: they decode, post, and touch nothing of the client's
// but the inbox, the budget and the pool.
//
// What a message without a block needs stands side by side: with many connections,
// it has to be fetched from memory for each.
type conn struct {
	client   *Client
	id       boundary.ConnID
	stream   atomic.Pointer[transport.Stream]
	failed   bool // the remote side has sent nonsense; the rest is not read
	paused   bool // guarded by the budget's lock
	incoming bool

	// Of the turn under way: what is to be sent, in order.
	dirty bool
	head  []byte // the end, behind bufs, still growing
	bufs  [][]byte

	mu      sync.Mutex // guards opening, lending, talk and untold
	lending []lent     // blocks that the stream still needs, oldest first
	talk    int        // bytes given to the stream behind the last of them
	untold  int        // bytes that have left, and the core has not been told

	decoder wire.Decoder
	placement
	gates  []*gate        // that its blocks have to pass, guarded by their lock; none before the handshake
	early  int64          // bytes of blocks that came before it had gates, guarded by the same lock
	remote netip.AddrPort // known from its opening on, if Details are asked for

	holdMu sync.Mutex
	held   heldBy // why nothing is read, guarded by holdMu
}

// heldBy are the reasons not to read from a connection, a bit each.
type heldBy uint8

const (
	heldByDisk    heldBy = 1 << iota // see budget
	heldByTorrent                    // the limit of its torrent, see gate
	heldByClient                     // that of all torrents
	heldAtTheDoor                    // it has greeted, and is behind no gate yet
)

// lent is a block from the pool, the number of bytes that were given to the stream
// together with it, after which it is free again, and of those before, since the
// block before it.
type lent struct {
	talk, bytes int
	block       []byte
}

func newConn(c *Client, id boundary.ConnID, incoming bool) *conn {
	return &conn{client: c, id: id, incoming: incoming, decoder: *wire.NewDecoder(c.pool.get)}
}

// hold gives a reason not to read, or takes it back. Nothing is read as long as
// there is one. It may be called from any goroutine.
func (c *conn) hold(why heldBy, on bool) {
	c.holdMu.Lock()
	defer c.holdMu.Unlock()
	was := c.held
	if on {
		c.held |= why
	} else {
		c.held &^= why
	}
	if s := c.stream.Load(); s != nil && (was == 0) != (c.held == 0) {
		(*s).PauseReads(c.held != 0)
	}
}

// opening sets the stream that open returns. It may have opened before that.
func (c *conn) opening(open func() transport.Stream) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := open()
	c.stream.Store(&s)
}

// Opened implements transport.Handler.
func (c *conn) Opened() {
	c.mu.Lock() // wait for opening
	s := *c.stream.Load()
	c.mu.Unlock()
	c.client.Post(boundary.Opened{Conn: c.id, Local: s.LocalAddr(), Remote: s.RemoteAddr(), Incoming: c.incoming})
}

// Received implements transport.Handler.
func (c *conn) Received(p []byte) {
	if c.failed {
		return
	}
	e := newReceived()
	before := c.decoder.BlockBytes()
	e.Hello, e.Msgs, e.Err = c.decoder.Decode(p, e.Msgs)
	c.arrived(e, len(p), before)
}

// arrived posts what a read of size bytes has brought, before which the decoder
// has had so many bytes of blocks.
func (c *conn) arrived(e *boundary.Received, size int, before int64) {
	e.Conn, e.Size = c.id, size
	c.failed = e.Err != nil
	if e.Hello != nil {
		c.client.gates.meet(c)
	}
	c.client.gates.take(c, c.decoder.BlockBytes()-before)
	if n := payload(e.Msgs); n > 0 {
		c.client.budget.take(c, n)
	}
	c.client.Post(e)
}

// payload is the number of bytes of blocks in msgs.
func payload(msgs []wire.Message) (n int) {
	for i := range msgs {
		if msgs[i].Kind == wire.Piece {
			n += len(msgs[i].Data)
		}
	}
	return n
}

// talkMax is how many bytes that are no blocks may leave before the core is told:
// little enough not to matter beside the blocks that wait behind them.
const talkMax = 4 << 10

// Sent implements transport.Handler. The core waits for blocks to leave, to read the
// next ones. Nobody waits for requests and HAVEs: that they have left is told
// together with the next block or the end, and wakes nobody.
func (c *conn) Sent(n int) {
	if c.giveBack(n) {
		c.tellSent()
	}
}

// tellSent tells the core what it has not been told of.
func (c *conn) tellSent() {
	c.mu.Lock()
	n := c.untold
	c.untold = 0
	c.mu.Unlock()
	if n > 0 {
		c.client.Post(boundary.Sent{Conn: c.id, N: n})
	}
}

// Closed implements transport.Handler.
func (c *conn) Closed(err error) {
	c.tellSent()
	e := boundary.Closed{Conn: c.id, Err: err}
	if errors.Is(err, transport.ErrRemoteClosed) {
		e.Err = nil
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		e.Errno = int(errno)
	}
	c.client.Post(e)
}

// queue adds a message to what the turn sends on this connection.
func (c *conn) queue(s *boundary.Send) {
	if c.head == nil {
		c.head = c.client.heads.get()
	}
	if s.Hello != nil {
		c.head = wire.AppendHandshake(c.head, s.Hello)
		return
	}
	c.head = wire.AppendHeader(c.head, s.Msg)
	if s.Msg.Kind != wire.Piece {
		return
	}
	c.bufs = append(c.bufs, c.head, s.Msg.Data)
	c.lend(s.Msg.Data)
	c.head = nil
}

// flush hands all that the turn has queued to the stream at once.
func (c *conn) flush() {
	bufs := append(c.client.bufs[:0], c.bufs...)
	if len(c.head) > 0 {
		bufs = append(bufs, c.head)
		c.mu.Lock()
		c.talk += len(c.head)
		c.mu.Unlock()
	}
	s := *c.stream.Load()
	s.Send(bufs...)
	clear(bufs)
	clear(c.bufs)
	c.client.bufs = bufs[:0]
	c.head, c.bufs, c.dirty = nil, c.bufs[:0], false
}

// lend notes that the stream needs the buffers up to block, until they have
// left.
func (c *conn) lend(block []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lending = append(c.lending, lent{c.talk, len(c.head) + len(block), block})
	c.talk = 0
}

// giveBack returns the blocks among the n oldest bytes to the pool, and says whether
// the core is to be told now of what has left.
func (c *conn) giveBack(n int) (tell bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.untold += n
	done := 0
	for ; done < len(c.lending); done++ {
		l := &c.lending[done]
		talk := min(n, l.talk)
		l.talk -= talk
		if n -= talk; n == 0 {
			break
		}
		tell = true
		if n < l.bytes {
			l.bytes, n = l.bytes-n, 0
			break
		}
		n -= l.bytes
		c.client.pool.put(l.block)
	}
	c.talk -= min(n, c.talk)
	if done > 0 {
		c.lending = append(c.lending[:0], c.lending[done:]...)
	}
	return tell || c.untold >= talkMax
}
