package scenarios

import "os"

// What a program keeps between its lives: the piece cache of its torrent, in a
// file that is replaced as programs that care do it. Each step takes a second, so
// that a crash may come between any two.
const (
	stateDir  = "/state"
	stateFile = stateDir + "/cache"
	stateNew  = stateDir + "/cache.new"
)

// loadState reads the piece cache, nil if there is none.
func (n *node) loadState() []byte {
	b, err := n.fs.ReadFile(stateFile)
	if err != nil {
		return nil
	}
	return b
}

// saveState replaces the piece cache. Where the process ends, or another one is
// saved, it goes no further.
func (n *node) saveState(cache []byte) {
	n.savings++
	mine := n.savings
	steps := []func() error{
		func() error { return n.fs.MkdirAll(stateDir, 0o755) },
		func() error { return n.writeState(cache, false) },
		func() error { return n.writeState(cache, true) },
		func() error { return n.fs.Rename(stateNew, stateFile) },
		func() error { return n.fs.SyncDir(stateDir) },
	}
	for i, step := range steps {
		n.run.at(Duration(n.run.now())+Duration(i)*Second, func() {
			if n.savings != mine {
				return
			}
			if err := step(); err != nil {
				n.run.fail(n.name, "state", "%v", err)
			}
		})
	}
}

func (n *node) writeState(cache []byte, sync bool) error {
	f, err := n.fs.OpenFile(stateNew, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(cache, 0); err != nil {
		return err
	}
	if err := f.Truncate(int64(len(cache))); err != nil {
		return err
	}
	if sync {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	return f.Close()
}
