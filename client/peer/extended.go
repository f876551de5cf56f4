package peer

import (
	"net/netip"
	"time"

	"bt/client/boundary"
	"bt/client/wire"
)

// Introduce tells the remote side about us (BEP 10): at the start, and again
// when uploadOnly has changed. "It is valid to send the handshake message more
// than once during the lifetime of a connection". A repetition could be shorter,
// since "it's enough that it contains the actual changes", but there are clients
// that take what it leaves out for withdrawn.
//
// No extension is offered in it: neither PEX nor metadata.
func (p *Peer) Introduce(now time.Time, version string, port int, uploadOnly bool, out *boundary.Effects) {
	if !p.Extended {
		return
	}
	h := wire.ExtendedHandshake{
		Version: version, Reqq: requestsMax, YourIP: p.Addr.Addr(),
		// BEP 21: "A peer that is a partial seed SHOULD include an extra header
		// in the extension handshake".
		UploadOnly: uploadOnly,
	}
	// BEP 10 on p: "there is no need for the receiving side of the connection to
	// send this extension message, since its port number is already known."
	if !p.Incoming {
		h.Port = port
	}
	p.Send(now, wire.Message{Kind: wire.Extended, Sub: wire.ExtendedHandshakeID, Data: h.Append(nil)}, out)
}

// HandleExtended takes what the remote side tells about itself, the first time
// and later. Messages of extensions, which we have not offered, are ignored. An
// error says that the message is no handshake at all.
func (p *Peer) HandleExtended(m wire.Message) error {
	if !p.Extended || m.Sub != wire.ExtendedHandshakeID {
		return nil
	}
	if err := p.told.Update(m.Data); err != nil {
		return err
	}
	p.uploadOnly = p.told.UploadOnly
	// BEP 10: "the number of outstanding request messages this client supports
	// without dropping any."
	p.Requests.setLimit(p.told.Reqq)
	return nil
}

// Client is the name and version that the remote side gives itself, printable;
// "" when it has given none.
func (p *Peer) Client() string { return p.told.Version }

// YourIP is our address as the remote side sees it, or says so; it may not be
// valid.
func (p *Peer) YourIP() netip.Addr { return p.told.YourIP }

// UploadOnly says that the remote side is not going to download anything: it
// has everything, or all that it wants (BEP 21).
func (p *Peer) UploadOnly() bool { return p.Has.All() || p.uploadOnly }

// WantsBlocks says that the remote side is interested, and means it. That it had
// everything is no reason to doubt it: it may have lost some since, and no message
// takes back a HAVE.
func (p *Peer) WantsBlocks() bool { return p.PeerInterested && !p.uploadOnly }
