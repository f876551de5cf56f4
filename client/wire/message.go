// Package wire is the peer wire protocol: the handshake and the messages of
// BEP 3, the Fast extension (BEP 6) and the frame of the extension protocol
// (BEP 10). It encodes and decodes; what a message means is said elsewhere.
package wire

import "fmt"

// BlockSize is the size of every block but the last of a torrent. Nobody is
// asked for more: peers close connections on requests above it.
const BlockSize = 16 << 10

// Kind says which message a Message is. Values are the ids on the wire, except
// for KeepAlive, which has none.
type Kind uint8

// The messages. The comment names the fields of Message that are in use.
const (
	Choke         Kind = 0  //
	Unchoke       Kind = 1  //
	Interested    Kind = 2  //
	NotInterested Kind = 3  //
	Have          Kind = 4  // Index
	Bitfield      Kind = 5  // Data
	Request       Kind = 6  // Index, Begin, Length
	Piece         Kind = 7  // Index, Begin, Length, Data
	Cancel        Kind = 8  // Index, Begin, Length
	Port          Kind = 9  // Length: the port number (BEP 5)
	Suggest       Kind = 13 // Index (BEP 6)
	HaveAll       Kind = 14 // (BEP 6)
	HaveNone      Kind = 15 // (BEP 6)
	Reject        Kind = 16 // Index, Begin, Length (BEP 6)
	AllowedFast   Kind = 17 // Index (BEP 6)
	Extended      Kind = 20 // Sub, Data (BEP 10)
	KeepAlive     Kind = 255
)

// Message is one peer message. It is flat, so that a batch of them is one
// allocation; the constants of Kind say which fields each kind uses, the
// others are zero.
type Message struct {
	Kind   Kind
	Sub    uint8 // Extended: the extended message id
	Index  uint32
	Begin  uint32
	Length uint32 // of the block in bytes; for Piece it equals len(Data)
	Data   []byte
}

// Block names a range of bytes inside a piece.
type Block struct {
	Index, Begin, Length uint32
}

// Block returns the block a Request, Piece, Cancel or Reject is about.
func (m Message) Block() Block { return Block{m.Index, m.Begin, m.Length} }

// Message makes a message of kind k about block b: Request, Cancel or Reject.
func (b Block) Message(k Kind) Message {
	return Message{Kind: k, Index: b.Index, Begin: b.Begin, Length: b.Length}
}

func (b Block) String() string { return fmt.Sprintf("%d:%d+%d", b.Index, b.Begin, b.Length) }
