//go:build unix

package consolex

import (
	"os"

	"golang.org/x/sys/unix"
)

func kindOf(f *os.File) Kind {
	conn, err := f.SyscallConn()
	if err != nil {
		return None
	}
	var stat unix.Stat_t
	terminal := false
	if cerr := conn.Control(func(fd uintptr) { // f.Fd would make f blocking
		err = unix.Fstat(int(fd), &stat)
		_, terr := unix.IoctlGetTermios(int(fd), getTermios)
		terminal = terr == nil
	}); cerr != nil || err != nil {
		return None
	}
	switch stat.Mode & unix.S_IFMT {
	case unix.S_IFIFO, unix.S_IFSOCK:
		return Pipe
	case unix.S_IFCHR:
		var null unix.Stat_t
		if terminal {
			return Pty
		}
		if unix.Stat(os.DevNull, &null) == nil && null.Rdev == stat.Rdev {
			return Null
		}
	}
	return File
}
