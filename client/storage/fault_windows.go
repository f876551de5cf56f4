package storage

import "syscall"

// Windows says ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL and
// ERROR_DISK_QUOTA_EXCEEDED.
var fullErrnos = []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, 39, 112, 1295}

// Windows says ERROR_WRITE_PROTECT.
var readOnlyErrnos = []syscall.Errno{syscall.EROFS, 19}
