package client

import (
	"net/netip"
	"slices"

	"bt/client/boundary"
	"bt/client/wire"
)

// Details choose news that most programs have no use for, and that would cost
// them much: there may be thousands a second. Combine them with |.
type Details uint8

// The details there are, and what OnNotice is told if they are chosen.
const (
	DetailMessages Details = 1 << iota // MessageReceived and MessageSent
	DetailBytes                        // BytesReceived and BytesSent
	DetailDisk                         // DiskOpened, DiskClosed, DiskRead, DiskWritten
)

// The details, as Config.OnNotice is told them.
type (
	MessageReceived = boundary.MessageReceived
	MessageSent     = boundary.MessageSent
	BytesReceived   = boundary.BytesReceived
	BytesSent       = boundary.BytesSent
	DiskOpened      = boundary.DiskOpened
	DiskClosed      = boundary.DiskClosed
	DiskRead        = boundary.DiskRead
	DiskWritten     = boundary.DiskWritten
)

// What MessageReceived and MessageSent show.
type (
	// Message is one message of the peer protocol.
	Message = wire.Message
	// Handshake is what a connection begins with, in each direction.
	Handshake = wire.Handshake
)

// tellDetails tells what an event shows, before the core handles it: then it is
// still known which torrent a connection is about.
func (c *Client) tellDetails(e boundary.Event) {
	switch e := e.(type) {
	case boundary.Opened:
		if conn := c.conns[e.Conn]; conn != nil {
			conn.remote = e.Remote
		}
	case *boundary.Received:
		c.tellReceived(e)
	case boundary.Sent:
		c.detail(DetailBytes, BytesSent{Torrent: c.session.Owner(e.Conn, nil), Addr: c.remote(e.Conn), N: e.N})
	case boundary.FilesOpened:
		c.detail(DetailDisk, DiskOpened{Torrent: e.Torrent, Err: e.Err})
	case boundary.FilesClosed:
		c.detail(DetailDisk, DiskClosed{Torrent: e.Torrent, Err: e.Err})
	case boundary.BlockRead:
		c.detail(DetailDisk, DiskRead{Torrent: e.Torrent, Piece: int(e.Block.Index), Begin: int(e.Block.Begin), N: int(e.Block.Length), Err: e.Err})
	case boundary.BlocksWritten:
		if e.Right {
			return // nothing was
		}
		c.detail(DetailDisk, DiskWritten{Torrent: e.Torrent, Piece: e.Piece, N: e.N, Err: e.Err})
	}
}

func (c *Client) tellReceived(e *boundary.Received) {
	owner, addr := c.session.Owner(e.Conn, e.Hello), c.remote(e.Conn)
	c.detail(DetailBytes, BytesReceived{Torrent: owner, Addr: addr, N: e.Size})
	if e.Hello != nil {
		c.detail(DetailMessages, MessageReceived{Torrent: owner, Addr: addr, Hello: e.Hello})
	}
	for _, m := range e.Msgs {
		c.detail(DetailMessages, MessageReceived{Torrent: owner, Addr: addr, Message: shown(m)})
	}
}

// tellSends tells what is about to be sent.
func (c *Client) tellSends(sends []boundary.Send) {
	for _, s := range sends {
		c.detail(DetailMessages, MessageSent{Torrent: c.session.Owner(s.Conn, nil), Addr: c.remote(s.Conn), Hello: s.Hello, Message: shown(s.Msg)})
	}
}

// detail adds a notice to the news, if it was chosen.
func (c *Client) detail(which Details, n Notice) {
	if c.cfg.Details&which != 0 {
		c.notices = append(c.notices, n)
	}
}

// shown is a message that may be kept: the memory of blocks is used again.
func shown(m wire.Message) wire.Message {
	if m.Kind == wire.Piece {
		m.Data = nil
	}
	m.Data = slices.Clone(m.Data)
	return m
}

// remote is the address of the other end of a connection.
func (c *Client) remote(id boundary.ConnID) netip.AddrPort {
	if conn := c.conns[id]; conn != nil {
		return conn.remote
	}
	return netip.AddrPort{}
}
