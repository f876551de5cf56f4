package scenarios

import (
	"fmt"
	"os"
	"path"

	"bt/simnet"
	"bt/simnet/simfs"
)

// addDisk gives a node its disk, with what it has at the start.
func (n *node) addDisk(contents []*simfs.Content) error {
	n.fs = simfs.New(n.run.net.Now)
	for i, c := range contents {
		n.fs.Know(n.run.truth.filePath(i), c)
	}
	if err := n.prepare(); err != nil {
		return fmt.Errorf("disk of %s: %w", n.name, err)
	}
	if n.actor.Capacity > 0 {
		n.fs.SetCapacity(int64(n.actor.Capacity))
	}
	n.fs.LimitTransfer(int(n.actor.DiskStep), int(n.actor.DiskStep))
	n.fs.SetMaxOpen(n.actor.Handles)
	n.worker = n.host.WorkerWith(simnet.WorkerConfig{DiskRate: int64(n.actor.Disk)}, n.fs.Meter)
	return nil
}

// prepare writes the pieces that the node has, and makes all of it durable.
func (n *node) prepare() error {
	if err := n.fs.MkdirAll(downloadDir, 0o755); err != nil {
		return err
	}
	tr := n.run.truth
	has, err := n.actor.pieces(tr.meta.Info.NumPieces())
	if err != nil {
		return err
	}
	for i := range tr.meta.Info.Files {
		if tr.meta.Info.Files[i].Pad {
			continue // on no disk
		}
		first, last, some := tr.meta.Info.FilePieces(i)
		for p := first; some && p <= last; p++ {
			if has[p] {
				if err := n.writePart(i, p); err != nil {
					return err
				}
			}
		}
		if !some && n.actor.Kind == Seed {
			if err := n.write(i, 0, nil); err != nil {
				return err
			}
		}
	}
	for _, dir := range append(n.fs.Dirs(), "/") {
		d, err := n.fs.Open(dir)
		if err != nil {
			return err
		}
		if err := d.Sync(); err != nil {
			return err
		}
		if err := d.Close(); err != nil {
			return err
		}
	}
	return nil
}

// writePart writes what piece p holds of file i.
func (n *node) writePart(i, p int) error {
	info := &n.run.truth.meta.Info
	f := &info.Files[i]
	begin := max(int64(p)*info.PieceLength, f.Offset)
	end := min(int64(p)*info.PieceLength+info.PieceSize(p), f.Offset+f.Length)
	return n.write(i, begin-f.Offset, n.run.truth.content[begin:end])
}

func (n *node) write(i int, off int64, b []byte) error {
	name := n.run.truth.filePath(i)
	if err := n.fs.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := n.fs.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(b, off); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return f.Close()
}
