package pathx

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/surefoot-go/surefoot/internal/winpath"
)

// maxName is the longest name that every common file system supports: 255 bytes on Linux, 255
// UTF-16 units on Windows and macOS.
const maxName = 255

// CheckName returns an error that matches [ErrName] unless name, one element of a path, works and
// means the same on every system. The error says what is wrong with name:
//
//   - it is empty, ".", "..", or contains a separator of any system, / or \;
//   - Windows reserves it for a device (CON, PRN, AUX, NUL, COM1 to COM9, LPT1 to LPT9, also with
//     ¹, ² and ³, CONIN$, CONOUT$), in any case and with any extension or trailing spaces: "nul",
//     "Nul.txt" and "nul .tar.gz" all refer to the null device;
//   - Windows would drop its last character, a dot or a space;
//   - it contains a character that Windows rejects or interprets: < > " | ? *, a colon ("a:b" is a
//     stream of the file a, "c:x" a file on another drive), or a control character;
//   - it has the form of a short name that Windows makes for another file, such as
//     CONFIG~1.JSO for config.json.bak: on Windows it may open that file;
//   - it is longer than 255 bytes, or is not valid UTF-8.
//
// Some Windows 11 versions accept reserved names with an extension. Older ones don't, so CheckName
// doesn't either. Source: Microsoft, "Naming Files, Paths, and Namespaces".
func CheckName(name string) error {
	if problem := nameProblem(name); problem != "" {
		return &nameError{name, problem}
	}
	return nil
}

// Join joins elements to root and makes sure, by the rules of every system, that the result is
// inside root. Use it for names from untrusted input such as a request, an archive or a
// configuration.
//
// Both / and \ are separators, and each name between them must satisfy [CheckName]. "." is dropped;
// ".." goes up, but never out of root. Absolute elements are rejected in every form: /x, \x, C:\x,
// C:x, \\server\share, \\?\, \??\. The error matches [ErrName]. The root itself may be any path
// except an empty one and, on Windows, a drive without a directory ("C:").
//
// Join does not resolve links in root. If others can create links there, open the result through an
// os.Root.
func Join(root string, elem ...string) (string, error) {
	if err := checkRoot(runtime.GOOS, root); err != nil {
		return "", err
	}
	kept := make([]string, 1, 1+len(elem))
	kept[0] = root
	for _, e := range elem {
		if e != "" && winpath.IsSeparator(e[0]) {
			return "", &nameError{e, "absolute, where a path inside " + root + " is needed"}
		}
		for part := range winpath.Elements(e) {
			switch part {
			case "", ".":
			case "..":
				if len(kept) == 1 {
					return "", &nameError{e, "leads out of " + root}
				}
				kept = kept[:len(kept)-1]
			default:
				if problem := nameProblem(part); problem != "" {
					return "", &nameError{e, problem}
				}
				kept = append(kept, part)
			}
		}
	}
	return filepath.Join(kept...), nil
}

func checkRoot(goos, root string) error {
	switch {
	case root == "":
		return &nameError{root, "an empty root"}
	case strings.ContainsRune(root, 0):
		return &nameError{root, "holds a NUL"}
	}
	return checkVolume(goos, root)
}

// checkVolume rejects C:x and C:, which refer to the current directory of that drive; any program
// may have set it, or none. It also rejects \\server\..\a, which filepath.Clean treats differently
// in each Go release (see lexVolume).
func checkVolume(goos, path string) error {
	if goos != "windows" {
		return nil
	}
	switch kind, _ := winpath.Volume(path); kind {
	case winpath.DriveRelative:
		return &nameError{path, `relative to the current directory of a drive; write "` + path[:2] + `\" for its root`}
	case winpath.BadVolume:
		return &nameError{path, `names a server, share or device ".."`}
	}
	return nil
}

// checkOpenable rejects paths that this system opens as something other than a file of that name.
// It runs before the path is opened, because opening a device may start it.
//
// It only concerns this system, so short names and names of 255 UTF-16 units are fine.
func checkOpenable(goos, path string) error {
	switch {
	case path == "":
		return &nameError{path, "an empty path; write . for the current directory"}
	case strings.ContainsRune(path, 0):
		return &nameError{path, "holds a NUL"}
	}
	if goos != "windows" {
		return nil
	}
	if err := checkVolume(goos, path); err != nil {
		return err
	}
	kind, rest := winpath.Volume(path)
	switch {
	case kind == winpath.Device || winpath.IsPipe(path):
		return &nameError{path, "names a device"}
	case kind == winpath.Verbatim && winpath.HasPrefix(path, winpath.VerbatimUNC):
		rest = len(winpath.VerbatimUNC) // the server and the share are names too
	}
	for part := range winpath.Elements(path[rest:]) {
		if part == "" || part == "." || part == ".." {
			continue
		}
		problem := windowsProblem(part)
		if problem == "" && utf16Length(part) > maxName {
			problem = fmt.Sprintf("%d UTF-16 units long; %d is the limit on Windows", utf16Length(part), maxName)
		}
		if problem != "" {
			return &nameError{path, problem}
		}
	}
	return nil
}

// A nameError is an ErrName with a reason.
type nameError struct{ name, problem string }

func (e *nameError) Error() string  { return "pathx: bad name " + e.reason() }
func (e *nameError) reason() string { return fmt.Sprintf("%.300q: %s", e.name, e.problem) }
func (e *nameError) Unwrap() error  { return ErrName }

// nameProblem returns the reason why name doesn't work on every system, or "".
func nameProblem(name string) string {
	switch problem := windowsProblem(name); {
	case problem != "":
		return problem
	case len(name) > maxName:
		return fmt.Sprintf("%d bytes long; %d is the limit of most file systems", len(name), maxName)
	case isShortName(name):
		return "has the form of a short name, which on Windows may belong to another file"
	}
	return ""
}

// windowsProblem returns the reason why Windows would not open a file of that name, or "". It does
// not check the length.
func windowsProblem(name string) string {
	switch name {
	case "":
		return "empty"
	case ".", "..":
		return "names a directory, not something in it"
	}
	for i := range len(name) {
		if problem := byteProblem(name[i]); problem != "" {
			return problem
		}
	}
	switch last := name[len(name)-1]; {
	case last == '.' || last == ' ':
		return "ends in a dot or a space, which Windows drops"
	case winpath.IsReserved(name):
		return "reserved for a device on Windows"
	case !utf8.ValidString(name):
		return "not valid UTF-8"
	}
	return ""
}

// isShortName reports whether name has the form of the second name that Windows gives a file for
// MS-DOS programs: at most eight characters ending in ~ and a number, and at most three after a
// dot. Source: Microsoft, "[MS-FSA]", "Short Filenames".
func isShortName(name string) bool {
	if strings.IndexByte(name, '~') < 0 {
		return false // the usual case
	}
	base, extension, _ := strings.Cut(name, ".")
	stem, number, ok := strings.Cut(base, "~")
	return ok && stem != "" && number != "" && strings.Trim(number, "0123456789") == "" &&
		utf8.RuneCountInString(base) <= 8 && utf8.RuneCountInString(extension) <= 3 && !strings.Contains(extension, ".")
}

// utf16Length returns the number of UTF-16 units in s.
func utf16Length(s string) (n int) {
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

func byteProblem(c byte) string {
	if 'a' <= c && c <= 'z' {
		return "" // the usual case
	}
	switch c {
	case '/', '\\':
		return "holds a path separator (/ or \\)"
	case ':':
		return "holds a colon, which on Windows marks a drive or a stream"
	case '<', '>', '"', '|', '?', '*':
		return "holds one of <>\"|?*, which Windows refuses"
	}
	if c < ' ' || c == 0x7f {
		return "holds a control character"
	}
	return ""
}
