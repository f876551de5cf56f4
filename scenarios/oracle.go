package scenarios

import (
	"fmt"
	"time"

	"bt/client"
	"bt/client/metainfo"
	"bt/simnet"
	"bt/simnet/simfs"
)

// Violation is one thing that must not happen, and did.
type Violation struct {
	At     time.Duration // since the start of the run
	Oracle string        // which rule: W3, D1, …
	Node   string        // whose fault it is, "" if nobody's in particular
	Detail string
}

func (v Violation) String() string {
	return fmt.Sprintf("%v %s %s: %s", v.At, v.Oracle, v.Node, v.Detail)
}

// subject is a client under the eyes of the oracles.
type subject struct {
	name    string
	host    *simnet.Host
	fs      *simfs.FS
	worker  *simnet.Worker
	dir     string // the download directory
	client  *client.Client
	torrent *client.Torrent
	spec    client.Spec
	config  client.Config
	eyes    *eyes // its view of the disk
	watched *watched

	// What filePath says, as it was for a directory.
	paths struct {
		dir string
		of  []string
	}
}

// truth is the torrent as it should be.
type truth struct {
	meta    *metainfo.MetaInfo
	content []byte // of all files put together
	sums    *knownSums
}

// piece returns the bytes of a piece.
func (t *truth) piece(p int) []byte {
	begin := int64(p) * t.meta.Info.PieceLength
	return t.content[begin : begin+t.meta.Info.PieceSize(p)]
}
