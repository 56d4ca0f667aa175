package consolex

import (
	"fmt"
	"os"
	"strings"
)

// Kind is the kind of device or file behind an [os.File].
type Kind uint8

const (
	None    Kind = iota // no file, or an invalid handle, as in a service or a -H windowsgui program
	Console             // a Windows console: the classic window, Windows Terminal, a pseudo console
	Pty                 // a Unix terminal
	MSYS                // a terminal of MSYS2, Git Bash or Cygwin, which is a pipe to Windows
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

// Terminal reports whether k is a terminal: [Console], [Pty] or [MSYS].
func (k Kind) Terminal() bool { return k == Console || k == Pty || k == MSYS }

// KindOf returns the kind of f. A nil or closed f is [None]. On Windows, so is a handle that is
// NULL or no longer valid, or one of a console that this process has left.
//
// On Windows KindOf queries the handle. For a pipe such a query blocks while another call is
// blocked on the same handle, so call KindOf before a goroutine reads from it.
func KindOf(f *os.File) Kind {
	if f == nil {
		return None
	}
	return kindOf(f)
}

// Escapes reports whether to write escape sequences (colours) to f: whether f is a terminal that
// processes them and the user has not disabled them. A non-empty NO_COLOR disables them for any
// file. FORCE_COLOR enables them for any file if it is not empty, "0" or "false"; "0" and "false"
// disable them. TERM=dumb means a terminal without them. A Windows console processes them after
// [UTF8], unless it is a legacy console. See no-color.org and force-color.org.
func Escapes(f *os.File) bool {
	kind := KindOf(f)
	return wantsEscapes(kind.Terminal() && (kind != Console || obeysEscapes(f)), os.Getenv)
}

// wantsEscapes implements Escapes, given whether the file obeys escape sequences.
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
// \msys-1888ae32e00d56aa-pty0-to-master, or from-master. Newer names end in -nat for programs that
// don't use Cygwin. The names come from Cygwin's fhandler_pty; there is no other way to tell.
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
