package storage

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
)

// A torrent on its way from one directory to another has a record in both, in a
// small file beside the part file's place: .NAME-XXXXXXXX.bt-part.move.
//
//	 8 bytes  magic "bt-move\n"
//	 4        version, 1, big-endian like all numbers
//	32        identity of the torrent
//	 1        0: its files leave this directory; 1: they come to it
//	 1        0: the set here is the one in use; 1: that in the other directory is.
//	          Only a record of leaving says so
//	 4        length of what follows
//	 …        the other directory
//	32        SHA-256 of all before it
//
// It is replaced as a whole. The one that says "leaves, and is there by now" is
// what makes a move happen: before it is durable the old set is in use, after it
// the new one, whatever a crash has left half done.
const (
	moveMagic     = "bt-move\n"
	moveVersion   = 1
	moveHeaderLen = len(moveMagic) + 4 + sha256.Size + 1 + 1 + 4
	// moveDirMax is longer than paths are on any system.
	moveDirMax = 32 << 10
	moveSuffix = ".move"
)

// moveRecord is what one directory knows of a move.
type moveRecord struct {
	comes bool   // to this directory
	moved bool   // the set in dir is the one in use
	dir   string // the other one
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func appendMoveRecord(b []byte, r *moveRecord, identity [sha256.Size]byte) []byte {
	start := len(b)
	b = append(b, moveMagic...)
	b = binary.BigEndian.AppendUint32(b, moveVersion)
	b = append(b, identity[:]...)
	b = append(b, flag(r.comes), flag(r.moved))
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.dir)))
	b = append(b, r.dir...)
	sum := sha256.Sum256(b[start:])
	return append(b, sum[:]...)
}

var errMoveRecord = errors.New("invalid record of a move")

// parseMoveRecord decodes a record of the torrent with an identity.
func parseMoveRecord(b []byte, identity [sha256.Size]byte) (moveRecord, error) {
	fail := func(why string) (moveRecord, error) { return moveRecord{}, fmt.Errorf("%w: %s", errMoveRecord, why) }
	if len(b) < moveHeaderLen+sha256.Size {
		return fail("too short")
	}
	body, sum := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	if want := sha256.Sum256(body); !bytes.Equal(want[:], sum) {
		return fail("wrong checksum")
	}
	at := len(moveMagic)
	if string(body[:at]) != moveMagic || binary.BigEndian.Uint32(body[at:]) != moveVersion {
		return fail("unknown format")
	}
	if at += 4; !bytes.Equal(body[at:at+sha256.Size], identity[:]) {
		return fail("another torrent")
	}
	at += sha256.Size
	if body[at] > 1 || body[at+1] > 1 {
		return fail("unknown state")
	}
	r := moveRecord{comes: body[at] == 1, moved: body[at+1] == 1, dir: string(body[moveHeaderLen:])}
	if n := binary.BigEndian.Uint32(body[at+2:]); uint64(n) != uint64(len(r.dir)) || n == 0 {
		return fail("wrong length of a name")
	}
	return r, nil
}

// readRecord returns the record in the store's directory, if there is one that
// can be believed.
func (s *Store) readRecord() (r moveRecord, ok bool, err error) {
	t := s.partTarget(moveSuffix)
	size, err := s.inspect(t)
	if err != nil || size == absent || size > moveDirMax+int64(moveHeaderLen)+sha256.Size {
		return moveRecord{}, false, err
	}
	data, err := s.readSmallFile(t, size)
	if err != nil {
		return moveRecord{}, false, wrap("read", t.path, noPiece, err)
	}
	r, err = parseMoveRecord(data, s.part.identity)
	return r, err == nil, nil
}

// writeRecord makes a record the durable one.
func (s *Store) writeRecord(r moveRecord) error {
	return s.replaceSmall(s.partTarget(moveSuffix), s.partTarget(moveSuffix+tmpSuffix), appendMoveRecord(nil, &r, s.part.identity))
}

// removeRecord forgets a move.
func (s *Store) removeRecord() error {
	if err := s.remove(s.partTarget(moveSuffix + tmpSuffix)); err != nil {
		return err
	}
	if err := s.remove(s.partTarget(moveSuffix)); err != nil {
		return err
	}
	if err := s.syncDir(s.dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil // there is no such directory, and no record in it
}
