package pathx

import (
	"iter"
	"strings"
)

// The Windows path lexer. It is compiled on every system: a name that is checked on
// Linux may be used on Windows, and a rule that runs everywhere is tested
// everywhere. Sources: Microsoft, "Naming Files, Paths, and Namespaces" and "File
// path formats on Windows systems"; James Forshaw, "The Definitive Guide on Win32 to
// NT Path Conversion".

type volumeKind uint8

const (
	relative      volumeKind = iota // a\b
	rooted                          // \a: on the current drive
	driveRelative                   // c:a: in the current directory of that drive
	drive                           // c:\a
	unc                             // \\server\share\a
	verbatim                        // \\?\c:\a, \\?\UNC\server\share\a
	device                          // \\.\pipe\a, \??\c:\a, \\?\GLOBALROOT\a
)

// lexVolume returns what a path begins with by Windows rules, and the length of that
// volume, which is the one that path/filepath sees on Windows.
func lexVolume(path string) (kind volumeKind, length int) {
	switch {
	case len(path) >= 2 && path[1] == ':':
		if len(path) > 2 && isSeparator(path[2]) {
			return drive, 2
		}
		return driveRelative, 2
	case path == "" || !isSeparator(path[0]):
		return relative, 0
	case hasVolumePrefix(path, `\\.\unc`):
		return device, shareEnd(path, len(`\\.\unc\`))
	case hasVolumePrefix(path, `\\.`), hasVolumePrefix(path, `\??`):
		return device, firstElementEnd(path)
	case hasVolumePrefix(path, `\\?`):
		n := firstElementEnd(path)
		return verbatimKind(path, n), n
	case len(path) >= 2 && isSeparator(path[1]):
		return unc, shareEnd(path, 2)
	}
	return rooted, 0
}

// verbatimKind tells drives and shares from the rest of the object manager's names.
func verbatimKind(path string, volume int) volumeKind {
	if !strings.HasPrefix(path, `\\?\`) { // with slashes, Win32 makes it a \\.\ path
		return device
	}
	name := path[len(`\\?\`):volume]
	switch {
	case len(name) == 2 && isLetter(name[0]) && name[1] == ':' && volume < len(path):
		return verbatim
	case strings.EqualFold(name, "UNC"), len(name) > 7 && strings.EqualFold(name[:7], "Volume{"):
		return verbatim
	}
	return device
}

// hasVolumePrefix compares without regard to case and to the kind of separator;
// the prefix must end where an element of the path ends.
func hasVolumePrefix(path, prefix string) bool {
	if len(path) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		if isSeparator(prefix[i]) != isSeparator(path[i]) || !isSeparator(prefix[i]) && lower(prefix[i]) != lower(path[i]) {
			return false
		}
	}
	return len(path) == len(prefix) || isSeparator(path[len(prefix)])
}

// firstElementEnd is where the element after a four-byte prefix such as \\?\ ends.
func firstElementEnd(path string) int {
	for i := 4; i < len(path); i++ {
		if isSeparator(path[i]) {
			return i
		}
	}
	return len(path)
}

// shareEnd is where server\share ends, which begins at start.
func shareEnd(path string, start int) int {
	separators := 0
	for i := start; i < len(path); i++ {
		if isSeparator(path[i]) {
			if separators++; separators == 2 {
				return i
			}
		}
	}
	return len(path)
}

// isPipe says whether the path is in the share that each server has for named pipes, or
// in the one for mailslots: to open a pipe is to call whoever serves it.
func isPipe(path string) bool {
	switch kind, n := lexVolume(path); {
	case kind == unc:
	case kind == verbatim && strings.EqualFold(path[:n], `\\?\UNC`):
		path = path[n:]
	default:
		return false
	}
	n := 0
	for part := range elements(path) {
		if part == "" {
			continue
		}
		if n++; n == 2 { // after the server
			return strings.EqualFold(part, "pipe") || strings.EqualFold(part, "mailslot") || strings.EqualFold(part, "IPC$")
		}
	}
	return false
}

// elements yields what stands between separators, also the empty elements.
func elements(path string) iter.Seq[string] {
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

// isReserved says whether Windows takes the name for a device: what counts is what
// stands before the first dot or colon, without spaces at its end.
func isReserved(name string) bool {
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

func isSeparator(c byte) bool { return c == '/' || c == '\\' }
func isLetter(c byte) bool    { return 'a' <= lower(c) && lower(c) <= 'z' }

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// longPath is the length from which Windows wants the \\?\ form of a path: MAX_PATH
// less the room for an 8.3 name, which a directory must leave.
const longPath = 260 - 12

// extendedPath is the form of a clean absolute path that may be long.
func extendedPath(path string) string {
	if len(path) < longPath {
		return path
	}
	return verbatimPath(path)
}

// verbatimPath is the \\?\ form of a clean absolute path.
func verbatimPath(path string) string {
	switch kind, _ := lexVolume(path); kind {
	case drive:
		return `\\?\` + strings.ReplaceAll(path, "/", `\`)
	case unc:
		return `\\?\UNC\` + strings.ReplaceAll(path[2:], "/", `\`)
	}
	return path
}

// shortPath is verbatimPath's reverse, for messages.
func shortPath(path string) string {
	if rest, ok := strings.CutPrefix(path, `\\?\UNC\`); ok {
		return `\\` + rest
	}
	if kind, n := lexVolume(path); kind == verbatim && n == len(`\\?\c:`) {
		return path[len(`\\?\`):]
	}
	return path
}

// parentDir is the directory that a \\?\ path lies in, or nothing for a volume's or
// share's root.
func parentDir(path string) string {
	_, root := lexVolume(path)
	if hasVolumePrefix(path, `\\?\unc`) {
		root = shareEnd(path, len(`\\?\UNC\`))
	}
	path = strings.TrimRight(path, `\`)
	i := strings.LastIndexByte(path, '\\')
	switch {
	case i < root:
		return ""
	case i == root:
		return path[:root+1] // the root itself ends in a separator
	}
	return path[:i]
}
