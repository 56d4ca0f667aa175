//go:build unix

package pathx

import (
	"errors"

	"golang.org/x/sys/unix"
)

func troubleOf(err error) trouble {
	errno, _ := errors.AsType[unix.Errno](err)
	switch errno {
	case unix.ENOSPC, unix.EDQUOT:
		return diskFull
	case unix.EROFS:
		return readOnlyDisk
	case unix.EBUSY:
		return mountedFile
	case unix.EMFILE, unix.ENFILE:
		return noDescriptors
	}
	return noTrouble
}
