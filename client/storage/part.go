package storage

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
	"unicode/utf8"

	"bt/client/metainfo"
)

const (
	// maxPartName keeps the longest name below the 255 bytes most filesystems
	// allow, with room for what is added to it.
	maxPartName = 200
	indexSuffix = ".index"
	tmpSuffix   = ".tmp"
)

// partFile is the part file as known in memory; partindex.go has the format.
type partFile struct {
	name     string
	identity [sha256.Size]byte

	mu    sync.Mutex
	index partIndex
	stale bool // the index on disk differs from the one here
	used  bool // there are files on disk to be removed when nothing is left in them
}

func newPartFile(info *metainfo.Info) partFile {
	l := layout{info: info}
	identity := l.identity()
	name := info.Name
	if len(name) > maxPartName {
		name = name[:maxPartName]
		for !utf8.ValidString(name) { // a rune was cut
			name = name[:len(name)-1]
		}
	}
	name = "." + name + "-" + hex.EncodeToString(identity[:4]) + ".bt-part"
	return partFile{name: name, identity: identity, index: newPartIndex()}
}

// lookup returns the slot of a share, if the part file holds it.
func (p *partFile) lookup(sh share) (slot int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok = p.index.shares[sh]; !ok {
		return 0, false
	}
	return p.index.slots[sh.piece], true
}

// partSlot returns the slot for writing a file's share of a piece. The first
// time it copies what the file itself holds of the share: from then on the
// slot alone counts.
func (s *Store) partSlot(piece, file int) (int, error) {
	sh := share{piece, file}
	p := &s.part
	if slot, ok := p.lookup(sh); ok {
		return slot, nil
	}
	p.mu.Lock()
	slot := p.index.reserve(piece)
	p.used = true
	p.mu.Unlock()
	seg, ok := s.layout.shareSegment(sh)
	if !ok {
		panic("storage: share of a file outside of its piece")
	}
	if err := s.copyAt(s.partID(), s.slotOffset(slot, seg.begin), file, seg.off, seg.n); err != nil {
		return 0, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.index.shares[sh] = struct{}{}
	p.stale = true
	return slot, nil
}

// pending returns the index if the one on disk is out of date, and marks it as
// up to date: whoever then fails to write it must call spoil.
func (p *partFile) pending() (x partIndex, stale bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	stale, p.stale = p.stale, false
	if stale {
		x, _ = p.index.without(func(int) bool { return false })
	}
	return x, stale
}

func (p *partFile) spoil() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stale = true
}

// storeIndex makes an index the durable one, or removes the durable one when
// nothing is in it.
func (s *Store) storeIndex(x *partIndex) error {
	index, tmp := s.partTarget(indexSuffix), s.partTarget(tmpSuffix)
	if len(x.shares) == 0 {
		if err := s.remove(index); err != nil {
			return err
		}
		return s.syncDir(s.dir)
	}
	if err := s.makeRoot(); err != nil {
		return err
	}
	return s.replaceSmall(index, tmp, appendPartIndex(nil, x, &s.layout, s.part.identity))
}

// replaceSmall makes data the content of a file, whole or not at all.
func (s *Store) replaceSmall(t, tmp target, data []byte) error {
	// A leftover could be anything, a symbolic link too.
	if err := s.remove(tmp); err != nil {
		return err
	}
	if err := s.handles.spare(func() error { return s.writeNew(tmp.path, data) }); err != nil {
		_ = s.fs.Remove(tmp.path) // or the next attempt does, or a move
		return wrap("write", tmp.path, noPiece, err)
	}
	if err := s.fs.Rename(tmp.path, t.path); err != nil {
		return wrap("rename", t.path, noPiece, err)
	}
	return s.syncDir(s.dir)
}

// writeNew creates a file with the given content, and syncs it.
func (s *Store) writeNew(path string, data []byte) error {
	f, err := s.fs.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, filePerm)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(data, 0)
	if err == nil {
		err = f.Sync()
	}
	return cmp.Or(err, f.Close())
}

// partTarget is a companion of the part file.
func (s *Store) partTarget(suffix string) target { return newTarget(s.dir, s.part.name+suffix) }

// remove deletes a file that may be missing.
func (s *Store) remove(t target) error {
	if err := s.fs.Remove(t.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return wrap("remove", t.path, noPiece, err)
	}
	return nil
}

// tidyPart removes the part file's remains when it holds nothing any more and
// the disk says so too.
func (s *Store) tidyPart() error {
	p := &s.part
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.used || p.stale || len(p.index.slots) > 0 {
		return nil
	}
	s.handles.forget(s.partID())
	if err := s.remove(s.partTarget(tmpSuffix)); err != nil {
		return err
	}
	if err := s.remove(s.targets[s.partID()]); err != nil {
		return err
	}
	p.used = false
	return s.syncDir(s.dir)
}

// loadPart reads the index at the start. One that cannot be believed counts as
// none, and slots without an index are of no use to anyone; both are removed
// by the next Sync. If the index could not be written when the files were last
// closed, the one in memory says more: what it speaks of is still wanted.
func (s *Store) loadPart() error {
	p := &s.part
	size, err := s.inspect(s.targets[s.partID()])
	if err != nil {
		return err
	}
	if p.stale && size != absent {
		p.used = true
		return nil
	}
	p.index, p.stale, p.used = newPartIndex(), false, false
	indexSize, err := s.inspect(s.partTarget(indexSuffix))
	if err != nil {
		return err
	}
	p.used = size != absent
	if indexSize == absent {
		return nil
	}
	data, err := s.readIndex(indexSize)
	if err != nil {
		return wrap("read", s.partTarget(indexSuffix).path, noPiece, err)
	}
	x, err := parsePartIndex(data, &s.layout, p.identity)
	if err != nil || size == absent {
		p.used, p.stale = true, true
		return nil
	}
	p.index = x
	return nil
}

// readIndex returns the index file's content, or nothing when it is larger
// than any index of this torrent.
func (s *Store) readIndex(size int64) ([]byte, error) {
	// A file has a share in as many pieces as it touches; files that follow
	// each other share one piece at most.
	shares := int64(s.info.NumPieces()) + int64(len(s.info.Files))
	if size > int64(partHeaderLen)+shares*int64(partShareLen)+sha256.Size {
		return nil, nil
	}
	return s.readSmallFile(s.partTarget(indexSuffix), size)
}

// readSmallFile returns what is in a file, of at most size bytes.
func (s *Store) readSmallFile(t target, size int64) ([]byte, error) {
	f, err := s.fs.Open(t.path)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, size))
	return data, cmp.Or(err, f.Close())
}
