package pathx

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

func troubleOf(err error) trouble {
	if call, ok := errors.AsType[*os.SyscallError](err); ok && call.Syscall == "GetFinalPathNameByHandle" {
		return namelessVolume // ERROR_INVALID_FUNCTION, ERROR_PATH_NOT_FOUND
	}
	errno, _ := errors.AsType[windows.Errno](err)
	switch errno {
	case windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL, windows.ERROR_DISK_QUOTA_EXCEEDED:
		return diskFull
	case windows.ERROR_WRITE_PROTECT:
		return readOnlyDisk
	case windows.ERROR_TOO_MANY_OPEN_FILES, windows.ERROR_NO_SYSTEM_RESOURCES:
		return noDescriptors
	case windows.ERROR_SHARING_VIOLATION, windows.ERROR_LOCK_VIOLATION:
		return lockedFile
	}
	return noTrouble
}
