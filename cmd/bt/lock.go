package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// lock is a file that one process at a time may hold. The system lets go of it
// when the process ends, however it ends, so that a lock is never stale; the
// file itself stays.
type lock struct{ file *os.File }

// lockPerm: whoever else uses the machine need not know what is downloaded.
const lockPerm = 0o600

// errLocked: another process holds the lock.
var errLocked = errors.New("locked")

// acquire takes the lock or says at once that it cannot be had; holder is then
// who has it, 0 if that cannot be told.
func acquire(path string) (l *lock, holder int, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, lockPerm)
	if err != nil {
		return nil, 0, err
	}
	if err := tryLock(f); err != nil {
		if errors.Is(err, errLocked) {
			holder = readHolder(f)
		}
		return nil, holder, errors.Join(err, f.Close())
	}
	// The number is for people: that it could not be written hinders nobody.
	if err := f.Truncate(0); err == nil {
		fmt.Fprintf(f, "%d\n", os.Getpid())
	}
	return &lock{f}, 0, nil
}

// holderMax is longer than any process id.
const holderMax = 32

func readHolder(f *os.File) int {
	b, err := io.ReadAll(io.LimitReader(f, holderMax))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 0
	}
	return pid
}

func (l *lock) release() error { return l.file.Close() }
