package scenarios

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"bt/client"
)

// Moves of a torrent's files to other directories. A directory below otherVolume
// is on another filesystem than the rest of a node's disk.
const otherVolume = "/mnt"

// noteTime is how long a program takes to note down where its torrent is now: who
// ends it meanwhile has it begin again with the old place.
const noteTime = Second

// moveStorage has clients move the files of their torrent.
func moveStorage(r *run, a *Action) {
	for _, n := range r.nodesOf(a.Who) {
		n.torrentDo(func(p *program) {
			r.oracles.moving(p.subject, a.To)
			if err := p.torrent.Move(a.To); err != nil {
				r.fail(n.name, "move-storage", "%v", err)
			}
		})
	}
}

// settleIn notes down the new place of a torrent, some time after it was told.
func (n *node) settleIn(x client.StorageMoved) {
	life := n.program
	n.run.at(Duration(n.run.now())+noteTime, func() {
		if n.program == life && n.running() {
			n.dir = x.Dir
		}
	})
}

// filePath is where file i of the torrent is, as far as the node has noted down.
func (n *node) filePath(i int) string {
	return path.Join(n.dir, strings.TrimPrefix(n.run.truth.filePath(i), downloadDir))
}

// moving tells the oracles that a client is about to move its files.
func (o *oracles) moving(s *subject, dir string) {
	if w := o.at[s.host]; w != nil && w.subject == s {
		w.disk.goesTo = dir
	}
}

// expectMoved: the client before, nil if there was none, may have moved its files, or
// begun to, and nobody has noted it down. This one finds them.
func (d *diskWatch) expectMoved(s *subject, old *watched) {
	switch {
	case old == nil:
	case old.dir != s.dir:
		d.goesTo = old.dir
	default:
		d.goesTo = cmp.Or(old.disk.goesTo, old.disk.torn)
	}
}

// moved: all that a client writes belongs into another directory from now on.
func (d *diskWatch) moved(w *watched, dir string) {
	w.damage().places = append(w.damage().places, w.dir)
	old := d.files
	d.files = make(map[string]*fileRange)
	for i := range w.o.truth.meta.Info.Files {
		if f := old[w.filePath(i)]; f != nil {
			d.files[w.filePathIn(dir, i)] = f
		}
	}
	if d.part != "" {
		d.part = path.Join(dir, path.Base(d.part))
	}
	d.left = append(d.left, w.dir)
	w.subject.dir, d.goesTo = dir, ""
}

// moveFailed: all is back in the old place, but for the record in the new one: a
// disk that fails may not even let that be deleted.
func (d *diskWatch) moveFailed(w *watched) {
	d.left = append(d.left, d.goesTo)
	d.torn, d.goesTo, d.failed = d.goesTo, "", w.o.present()
	// Some stay in the new place until the files are opened again, if they were closed
	// for it or copies could not be deleted: that is told next.
	w.o.later(0, func() {
		if w.errors.told.Before(d.failed) && d.leftBehind.Before(d.failed) {
			d.torn = ""
		}
	})
}

// copies says whether a file is written as a part of a move, under way or torn, or
// stays after it: one of the torrent's in another place.
func (d *diskWatch) copies(w *watched, name string) bool {
	return d.copiesTo(w, d.goesTo, name) || d.copiesTo(w, d.torn, name) || d.copiesTo(w, d.behind, name) || d.returned(w, name)
}

// returned says whether a file is where the torrent was before a move, and may be there
// again: a directory has lied about its names, and the power was lost.
func (d *diskWatch) returned(w *watched, name string) bool {
	x := w.damage()
	return x.unnamed && slices.ContainsFunc(x.places, func(dir string) bool { return d.copiesTo(w, dir, name) })
}

func (d *diskWatch) copiesTo(w *watched, dir, name string) bool {
	if dir == "" {
		return false
	}
	for i := range w.o.truth.meta.Info.Files {
		if name == w.filePathIn(dir, i) {
			return true
		}
	}
	part := strings.TrimSuffix(path.Base(name), ".index")
	known := d.part == "" || path.Base(d.part) == part
	return path.Dir(name) == dir && strings.HasSuffix(part, ".bt-part") && known
}

// notesMove says whether a file is the record of a move, in one of its two places.
func (d *diskWatch) notesMove(w *watched, name string) bool {
	if !strings.HasSuffix(strings.TrimSuffix(name, ".tmp"), ".bt-part.move") {
		return false
	}
	dir := path.Dir(name)
	return dir == w.dir || dir == d.goesTo || slices.Contains(d.left, dir)
}

// stored: when all have closed, not before Within, the torrent of each of Who is
// whole in the directory Dir, and nothing of it is anywhere else.
type stored struct{ *watch }

func newStored(w *watch) check {
	w.until(w.expect.Within)
	return &stored{w}
}

func (c *stored) finish() {}

func (c *stored) closed() {
	for _, n := range c.who {
		places := make(map[string]bool)
		for i := range n.run.truth.meta.Info.Files {
			name := path.Join(c.expect.Dir, strings.TrimPrefix(n.run.truth.filePath(i), downloadDir))
			places[name] = true
			if off, ok := n.fs.Equal(name, n.run.truth.bytesOf(i)); !ok {
				c.fail(n.name, "%s is wrong at byte %d", name, off)
			}
		}
		for _, f := range n.fs.Files() {
			if !places[f.Path] && path.Dir(f.Path) != stateDir && !strings.HasSuffix(f.Path, ".bt-part.move") {
				c.fail(n.name, "%s was left behind", f.Path)
			}
		}
	}
}
