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

// Terminal reports whether a person is likely to look at it: [Console], [Pty] and [MSYS].
func (k Kind) Terminal() bool { return k == Console || k == Pty || k == MSYS }

// KindOf returns what f leads to. A nil or closed f is [None], and so is on Windows a handle that
// is NULL or no longer valid, and one of a console that this process has left.
//
// On Windows it asks the handle. Windows answers such questions about a pipe only when no other
// call is blocked on the same handle, so ask before a goroutine reads from it.
func KindOf(f *os.File) Kind {
	if f == nil {
		return None
	}
	return kindOf(f)
}

// Escapes reports whether escape sequences (colours) belong into what is written to f: f is a
// terminal that obeys them, and the user has not forbidden them. NO_COLOR that is not empty forbids
// them on any file. FORCE_COLOR that is neither empty, "0" nor "false" asks for them on any file,
// which "0" and "false" forbid. TERM=dumb is a terminal without them. A console of Windows obeys
// them after [UTF8], unless it is a legacy console. See no-color.org and force-color.org.
func Escapes(f *os.File) bool {
	kind := KindOf(f)
	return wantsEscapes(kind.Terminal() && (kind != Console || obeysEscapes(f)), os.Getenv)
}

// wantsEscapes is the rule of Escapes for a file that obeys them or does not.
func wantsEscapes(obeys bool, getenv func(string) string) bool {
	if getenv("NO_COLOR") != "" {
		return false
	}
	switch getenv("FORCE_COLOR") {
	case "":
		return obeys && getenv("TERM") != "dumb"
	case "0", "false":
		return false
	}
	return true
}

// isMSYSPipe reports whether a pipe of this name is one end of a terminal of MSYS or Cygwin:
// \msys-1888ae32e00d56aa-pty0-to-master, or from-master. Newer ones have -nat at the end for
// programs that don't use Cygwin. The names come from Cygwin's fhandler_pty; there is no other way
// to tell.
func isMSYSPipe(name string) bool {
	name, ok := strings.CutPrefix(strings.TrimPrefix(name, `\Device\NamedPipe`), `\`)
	part := strings.Split(strings.TrimSuffix(name, "-nat"), "-")
	if !ok || len(part) != 5 || part[0] != "msys" && part[0] != "cygwin" {
		return false
	}
	number, isPty := strings.CutPrefix(part[2], "pty")
	return len(part[1]) == 16 && strings.Trim(part[1], "0123456789abcdef") == "" &&
		isPty && number != "" && strings.Trim(number, "0123456789") == "" &&
		(part[3] == "from" || part[3] == "to") && part[4] == "master"
}
