package scenarios

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
)

// part: when all have closed, the part file of each of Who holds exactly Count
// shares of files in pieces, and all of them are the truth. With Count 0 there is
// no part file, nor anything that belongs to one.
type part struct{ *watch }

func newPart(w *watch) check {
	w.satisfied()
	return &part{w}
}

func (c *part) finish() {}

func (c *part) closed() {
	for _, n := range c.who {
		got, err := n.partShares()
		if err != nil {
			c.fail(n.name, "%v", err)
		} else if got != c.expect.Count {
			c.fail(n.name, "%d shares in the part file, not %d", got, c.expect.Count)
		}
	}
}

// The index of a part file, as the client documents it. It is read here without
// the client's help.
const (
	partSuffix    = ".bt-part"
	partMagic     = "bt-part\n"
	partFixed     = 8 + 4 + 8 + 32 + 4 + 4
	partShareSize = 4 + 4 + 4 + 8 + 8
)

// partShares counts the shares in the part file, 0 if there is none. An error
// says what is wrong with it.
func (n *node) partShares() (int, error) {
	var data, index []byte
	for _, f := range n.fs.Files() {
		var err error
		switch {
		case strings.HasSuffix(f.Path, partSuffix):
			data, err = n.fs.ReadFile(f.Path)
		case strings.HasSuffix(f.Path, partSuffix+".index"):
			index, err = n.fs.ReadFile(f.Path)
		case strings.Contains(f.Path, partSuffix):
			err = fmt.Errorf("%s is left over", f.Path)
		}
		if err != nil {
			return 0, err
		}
	}
	if data == nil && index == nil {
		return 0, nil
	}
	return n.run.truth.checkPart(data, index)
}

// checkPart reads an index and compares all that it speaks of.
func (t *truth) checkPart(data, index []byte) (shares int, err error) {
	const sum = sha256.Size
	if len(index) < partFixed+sum || string(index[:8]) != partMagic {
		return 0, fmt.Errorf("part file of %d bytes with an index of %d", len(data), len(index))
	}
	body := index[:len(index)-sum]
	if got := sha256.Sum256(body); !bytes.Equal(got[:], index[len(body):]) {
		return 0, fmt.Errorf("the checksum of the index is wrong")
	}
	slots := make(map[uint32]uint32) // slot -> piece
	pieces := make(map[uint32]uint32)
	seen := make(map[[2]uint32]bool)
	for e := body[partFixed:]; len(e) >= partShareSize; e = e[partShareSize:] {
		slot, piece, file := binary.BigEndian.Uint32(e), binary.BigEndian.Uint32(e[4:]), binary.BigEndian.Uint32(e[8:])
		off, n := int64(binary.BigEndian.Uint64(e[12:])), int64(binary.BigEndian.Uint64(e[20:]))
		if owner, taken := slots[slot]; taken && owner != piece {
			return 0, fmt.Errorf("slot %d is that of pieces %d and %d", slot, owner, piece)
		}
		if other, has := pieces[piece]; has && other != slot || seen[[2]uint32{piece, file}] {
			return 0, fmt.Errorf("file %d in piece %d is there twice", file, piece)
		}
		slots[slot], pieces[piece], seen[[2]uint32{piece, file}] = piece, slot, true
		shares++
		if err := t.checkShare(data, slot, piece, file, off, n); err != nil {
			return 0, err
		}
	}
	return shares, nil
}

func (t *truth) checkShare(data []byte, slot, piece, file uint32, off, n int64) error {
	info := &t.meta.Info
	if int(file) >= len(info.Files) {
		return fmt.Errorf("a share of file %d of %d", file, len(info.Files))
	}
	begin := info.Files[file].Offset + off // in the content
	at := int64(slot)*info.PieceLength + begin - int64(piece)*info.PieceLength
	if n <= 0 || off+n > info.Files[file].Length || at < 0 || at+n > int64(len(data)) || !bytes.Equal(data[at:at+n], t.content[begin:begin+n]) {
		return fmt.Errorf("bytes %d to %d of file %d, of piece %d, are wrong in the part file", off, off+n, file, piece)
	}
	return nil
}
