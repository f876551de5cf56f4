//go:build !windows

package storage

import "syscall"

var (
	fullErrnos     = []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT}
	readOnlyErrnos = []syscall.Errno{syscall.EROFS}
)
