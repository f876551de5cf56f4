package main

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockOffset lies beyond what is in the file: nobody could read a range that is
// locked, and who holds the lock stands at the beginning.
const lockOffset = 1 << 30

func tryLock(f *os.File) error {
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY,
		0, 1, 0, &windows.Overlapped{Offset: lockOffset})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return errLocked
	}
	return err
}
