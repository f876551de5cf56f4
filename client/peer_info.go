package client

// Peers returns every connection of the client: first those whose handshake is
// not through, attempts to connect among them, then the peers of each torrent.
// The others have no peer id, no reserved bytes and, if they are incoming, no
// torrent yet. It may be called from any goroutine.
func (c *Client) Peers() []Peer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session.PeerStatuses(c.time())
}
