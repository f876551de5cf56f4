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
	n.fs.Mount(otherVolume)
	n.fs.SetStyle(filesystems[n.actor.Filesystem])
	for i, c := range contents {
		n.fs.Know(n.run.truth.filePath(i), c)
	}
	if err := n.prepare(); err != nil {
		return fmt.Errorf("disk of %s: %w", n.name, err)
	}
	if err := n.damage(); err != nil {
		return fmt.Errorf("disk of %s: %w", n.name, err)
	}
	if n.actor.Capacity > 0 {
		n.fs.SetCapacity(int64(n.actor.Capacity))
	}
	n.fs.SetQuota(int64(n.actor.Quota))
	n.fs.LimitTransfer(int(n.actor.DiskStep), int(n.actor.DiskStep))
	n.fs.SetMaxOpen(n.actor.Handles)
	n.worker = n.host.WorkerWith(simnet.WorkerConfig{DiskRate: int64(n.actor.Disk)}, n.fs.Meter)
	n.worker.Delayed(n.fs.Delay)
	return nil
}

// filesystems are the styles that an actor's disk can have.
var filesystems = map[string]simfs.Style{
	"": {}, "windows": simfs.Windows, "macos": simfs.MacOS, "fat32": simfs.FAT32,
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
		if err := n.fs.SyncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

// damage makes the first byte of each piece wrong that is to be damaged.
func (n *node) damage() error {
	info := &n.run.truth.meta.Info
	bad, err := n.actor.damaged(info.NumPieces())
	if err != nil {
		return err
	}
	for p, is := range bad {
		if !is {
			continue
		}
		begin := int64(p) * info.PieceLength
		i, _ := info.FilesOf(p)
		if err := n.write(i, begin-info.Files[i].Offset, []byte{n.run.truth.content[begin] ^ 1}); err != nil {
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
