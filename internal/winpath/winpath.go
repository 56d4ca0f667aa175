// Package winpath parses Windows paths. It works on every system: a name that is checked on Linux
// may be used on Windows, and a rule that runs everywhere is tested everywhere.
//
// Sources: Microsoft, "Naming Files, Paths, and Namespaces" and "File path formats on Windows
// systems"; James Forshaw, "The Definitive Guide on Win32 to NT Path Conversion".
package winpath

import (
	"iter"
	"strings"
)

// A Kind is a form of path.
type Kind uint8

// The kinds of paths.
const (
	Relative      Kind = iota // a\b
	Rooted                    // \a: on the current drive
	DriveRelative             // c:a: in the current directory of that drive
	Drive                     // c:\a
	UNC                       // \\server\share\a
	Verbatim                  // \\?\c:\a, \\?\UNC\server\share\a
	Device                    // \\.\pipe\a, \??\c:\a, \\?\GLOBALROOT\a
	BadVolume                 // \\server\..\a: a ".." where a server, share or device is named
)

// Volume returns the kind of a path by Windows rules, and the length of its volume. The volume is
// the one that path/filepath sees on Windows from Go 1.27 on, whatever release compiles this. That
// release stopped taking ".." for part of a volume, since filepath.Clean keeps a volume as it is:
// Clean("//../../a") was a path that leads out of any directory that it is joined to
// (golang.org/issue/58451). It also takes the server and share after \\?\UNC and \??\UNC for part
// of the volume.
func Volume(path string) (kind Kind, length int) {
	kind, length = lexPrefix(path)
	for part := range Elements(path[:length]) {
		if part == ".." {
			return BadVolume, 0
		}
	}
	return kind, length
}

// lexPrefix is Volume for a path without "..".
func lexPrefix(path string) (kind Kind, length int) {
	switch {
	case len(path) >= 2 && path[1] == ':':
		if len(path) > 2 && IsSeparator(path[2]) {
			return Drive, 2
		}
		return DriveRelative, 2
	case path == "" || !IsSeparator(path[0]):
		return Relative, 0
	case HasPrefix(path, `\\.`), HasPrefix(path, `\??`):
		return Device, deviceEnd(path)
	case HasPrefix(path, `\\?`):
		n := deviceEnd(path)
		return verbatimKind(path, n), n
	case len(path) >= 2 && IsSeparator(path[1]):
		return UNC, shareEnd(path, 2)
	}
	return Rooted, 0
}

// verbatimKind tells drives and shares from the rest of the object manager's names.
func verbatimKind(path string, volume int) Kind {
	if !strings.HasPrefix(path, `\\?\`) { // with slashes, Win32 makes it a \\.\ path
		return Device
	}
	name := path[len(`\\?\`):volume]
	switch {
	case len(name) == 2 && isLetter(name[0]) && name[1] == ':' && volume < len(path):
		return Verbatim
	case HasPrefix(path, VerbatimUNC), len(name) > 7 && strings.EqualFold(name[:7], "Volume{"):
		return Verbatim
	}
	return Device
}

// VerbatimUNC stands before the server and share of a \\?\ path.
const VerbatimUNC = `\\?\UNC`

// HasPrefix compares without regard to case and to the kind of separator; the prefix must end where
// an element of the path ends.
func HasPrefix(path, prefix string) bool {
	if len(path) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		if IsSeparator(prefix[i]) != IsSeparator(path[i]) || !IsSeparator(prefix[i]) && lower(prefix[i]) != lower(path[i]) {
			return false
		}
	}
	return len(path) == len(prefix) || IsSeparator(path[len(prefix)])
}

// deviceEnd is where the volume ends that begins with a prefix such as \\?\: after the next
// element, or after the server and share that follow UNC.
func deviceEnd(path string) int {
	if len(path) > 4 && HasPrefix(path[4:], "UNC") {
		return shareEnd(path, len(`\\?\UNC\`))
	}
	for i := 4; i < len(path); i++ {
		if IsSeparator(path[i]) {
			return i
		}
	}
	return len(path)
}

// shareEnd is where server\share ends, which begins at start.
func shareEnd(path string, start int) int {
	separators := 0
	for i := start; i < len(path); i++ {
		if IsSeparator(path[i]) {
			if separators++; separators == 2 {
				return i
			}
		}
	}
	return len(path)
}

// IsPipe reports whether the path is in the share that each server has for named pipes, or in the
// one for mailslots. Opening a pipe calls the process that serves it.
func IsPipe(path string) bool {
	switch kind, _ := Volume(path); {
	case kind == UNC:
	case kind == Verbatim && HasPrefix(path, VerbatimUNC):
		path = path[len(VerbatimUNC):]
	default:
		return false
	}
	n := 0
	for part := range Elements(path) {
		if part == "" {
			continue
		}
		if n++; n == 2 { // after the server
			return strings.EqualFold(part, "pipe") || strings.EqualFold(part, "mailslot") || strings.EqualFold(part, "IPC$")
		}
	}
	return false
}

// Elements yields what stands between separators, also the empty elements.
func Elements(path string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for {
			i := strings.IndexAny(path, `/\`)
			if i < 0 {
				yield(path)
				return
			}
			if !yield(path[:i]) {
				return
			}
			path = path[i+1:]
		}
	}
}

// IsReserved reports whether Windows takes the name for a device: what counts is what stands before
// the first dot or colon, without spaces at its end.
func IsReserved(name string) bool {
	if i := strings.IndexAny(name, ".:"); i >= 0 {
		name = name[:i]
	}
	name = strings.TrimRight(name, " ")
	if len(name) < len("CON") || len(name) > len("CONOUT$") || strings.IndexByte("CPANLcpanl", name[0]) < 0 {
		return false // as nearly all are
	}
	for _, device := range [...]string{"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"} {
		if strings.EqualFold(name, device) {
			return true
		}
	}
	if !strings.EqualFold(name[:3], "COM") && !strings.EqualFold(name[:3], "LPT") {
		return false
	}
	switch digit := name[3:]; digit {
	case "¹", "²", "³":
		return true
	default:
		return len(digit) == 1 && '1' <= digit[0] && digit[0] <= '9'
	}
}

// IsSeparator reports whether c separates the elements of a path.
func IsSeparator(c byte) bool { return c == '/' || c == '\\' }
func isLetter(c byte) bool    { return 'a' <= lower(c) && lower(c) <= 'z' }

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// longPath is the length from which Windows wants the \\?\ form of a path: MAX_PATH less the room
// for an 8.3 name, which a directory must leave.
const longPath = 260 - 12

// Extended is the form of a clean absolute path that may be long.
func Extended(path string) string {
	if len(path) < longPath {
		return path
	}
	return verbatimPath(path)
}

// verbatimPath returns the \\?\ form of a clean absolute path.
func verbatimPath(path string) string {
	switch kind, _ := Volume(path); kind {
	case Drive:
		return `\\?\` + strings.ReplaceAll(path, "/", `\`)
	case UNC:
		return `\\?\UNC\` + strings.ReplaceAll(path[2:], "/", `\`)
	}
	return path
}
