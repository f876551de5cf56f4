package client

import (
	"fmt"
	"path/filepath"
	"slices"

	"bt/client/metainfo"
	"bt/client/storage"
)

// taken knows which torrents there are and where they write, at the same cost
// for ten of them and ten thousand.
type taken struct {
	hashes map[metainfo.Hash]*Torrent
	places map[place]*Torrent
	above  map[string]int // directories that are above places: above how many
}

// place is a name in a directory: the file of a torrent, or the directory of
// its files.
type place struct{ dir, name string }

func newTaken() taken {
	return taken{hashes: make(map[metainfo.Hash]*Torrent), places: make(map[place]*Torrent), above: make(map[string]int)}
}

func placeOf(s *Spec) place { return place{filepath.Clean(s.Dir), s.Meta.Info.Name} }

// conflict says what is in the way of a torrent: two of them would write to the
// same place.
func (k *taken) conflict(s *Spec) error {
	if k.hashes[s.Meta.InfoHash] != nil {
		return fmt.Errorf("%s (%v): %w", s.Meta.Info.Name, s.Meta.InfoHash, ErrDuplicate)
	}
	if other := k.places[placeOf(s)]; other != nil {
		return fmt.Errorf("%s: its files in %s are those of torrent %v: %w", s.Meta.Info.Name, s.Dir, other.meta.InfoHash, ErrDuplicate)
	}
	if other, file := k.shared(s); other != nil {
		return fmt.Errorf("%s: its file %s is one of torrent %v: %w", s.Meta.Info.Name, file, other.meta.InfoHash, ErrDuplicate)
	}
	return nil
}

// mayMove says what is in the way of a move.
func (c *Client) mayMove(t *Torrent, dir string) error {
	name := t.meta.Info.Name
	if t.movingTo != "" {
		return fmt.Errorf("%s: move to %s: %w", name, dir, ErrMoving)
	}
	if !filepath.IsAbs(dir) || !filepath.IsAbs(t.spec.Dir) {
		return fmt.Errorf("%s: move from %q to %q: %w", name, t.spec.Dir, dir, storage.ErrMoveRelative)
	}
	if dir == filepath.Clean(t.spec.Dir) {
		return fmt.Errorf("%s: move to %s: %w", name, dir, storage.ErrMoveHere)
	}
	there := t.spec
	there.Dir = dir
	if other := c.taken.places[placeOf(&there)]; other != nil {
		return fmt.Errorf("%s: move to %s: its files there are those of torrent %v: %w", name, dir, other.meta.InfoHash, ErrDuplicate)
	}
	if other, file := c.taken.shared(&there); other != nil && other != t {
		return fmt.Errorf("%s: move to %s: its file %s is one of torrent %v: %w", name, dir, file, other.meta.InfoHash, ErrDuplicate)
	}
	return nil
}

// shared finds a torrent that has a file in common with s, although its place is
// another one: because one lies inside the other.
func (k *taken) shared(s *Spec) (other *Torrent, file string) {
	for _, t := range k.nested(placeOf(s)) {
		theirs := make(map[string]bool)
		for _, p := range filesOf(&t.spec) {
			theirs[p] = true
		}
		for _, p := range filesOf(s) {
			if theirs[p] {
				return t, p
			}
		}
	}
	return nil, ""
}

// nested lists the torrents whose place lies above or below one, in no order.
func (k *taken) nested(p place) (list []*Torrent) {
	for _, dir := range p.dirs() {
		if t := k.places[place{filepath.Dir(dir), filepath.Base(dir)}]; t != nil {
			list = append(list, t)
		}
	}
	if k.above[p.path()] == 0 {
		return list
	}
	for q, t := range k.places {
		if slices.Contains(q.dirs(), p.path()) {
			list = append(list, t)
		}
	}
	return list
}

func (p place) path() string { return filepath.Join(p.dir, p.name) }

// dirs lists the directories above a place.
func (p place) dirs() (list []string) {
	for d := p.dir; ; d = filepath.Dir(d) {
		list = append(list, d)
		if d == filepath.Dir(d) {
			return list
		}
	}
}

// filesOf lists the paths of a torrent's files.
func filesOf(s *Spec) []string {
	info := &s.Meta.Info
	root := filepath.Clean(s.Dir)
	if info.Multi {
		root = filepath.Join(root, info.Name)
	}
	paths := make([]string, len(info.Files))
	for i, f := range info.Files {
		paths[i] = filepath.Join(root, filepath.Join(f.Path...))
	}
	return paths
}

func (k *taken) add(t *Torrent) {
	k.hashes[t.meta.InfoHash] = t
	k.reserve(t, t.spec.Dir)
}

func (k *taken) remove(t *Torrent) {
	delete(k.hashes, t.meta.InfoHash)
	k.release(t, t.spec.Dir)
	if t.movingTo != "" {
		k.release(t, t.movingTo)
	}
}

// reserve takes a place for a torrent: its own, or the one that it moves to.
func (k *taken) reserve(t *Torrent, dir string) {
	p := t.placeIn(dir)
	k.places[p] = t
	for _, d := range p.dirs() {
		k.above[d]++
	}
}

// release gives a place back that was reserved for a torrent.
func (k *taken) release(t *Torrent, dir string) {
	p := t.placeIn(dir)
	if k.places[p] != t {
		return
	}
	delete(k.places, p)
	for _, d := range p.dirs() {
		if k.above[d]--; k.above[d] == 0 {
			delete(k.above, d)
		}
	}
}

func (t *Torrent) placeIn(dir string) place { return place{filepath.Clean(dir), t.meta.Info.Name} }
