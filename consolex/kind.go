package consolex

import (
	"fmt"
	"os"
	"strings"
)

// Kind is what a file leads to.
type Kind uint8

const (
	None    Kind = iota // nowhere: no file, or a dead handle, as in a service or a -H windowsgui program
	Console             // a console of Windows: the classic window, Windows Terminal, a pseudo console
	Pty                 // a terminal of a Unix system
	MSYS                // a terminal of MSYS2, Git Bash or Cygwin, which Windows takes for a pipe
	Pipe                // a pipe or a socket
	File                // a file, a directory, a block device
	Null                // the null device: NUL, /dev/null
)

var kindNames = [...]string{"none", "console", "pty", "msys", "pipe", "file", "null"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Terminal says whether a person is likely to look at it: [Console], [Pty] and
// [MSYS].
func (k Kind) Terminal() bool { return k == Console || k == Pty || k == MSYS }

// KindOf says what f leads to. A nil or closed f is [None], and so is on Windows
// a handle that is NULL or no longer valid.
//
// On Windows it asks the handle. Windows answers such questions about a pipe only
// when no other call is blocked on the same handle, so ask before a goroutine
// reads from it.
func KindOf(f *os.File) Kind {
	if f == nil {
		return None
	}
	return kindOf(f)
}

// isMSYSPipe says whether a pipe of this name is one end of a terminal of MSYS or
// Cygwin: \msys-1888ae32e00d56aa-pty0-to-master. The names come from Cygwin's
// fhandler_pty; there is no other way to tell.
func isMSYSPipe(name string) bool {
	if i := strings.LastIndexByte(name, '\\'); i >= 0 {
		name = name[i+1:]
	}
	part := strings.Split(name, "-")
	if len(part) < 5 || part[0] != "msys" && part[0] != "cygwin" || part[1] == "" {
		return false
	}
	number, isPty := strings.CutPrefix(part[2], "pty")
	return isPty && number != "" && strings.Trim(number, "0123456789") == "" &&
		(part[3] == "from" || part[3] == "to") && strings.HasPrefix(part[4], "master")
}
