package pathx

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

type exeDir struct {
	path      string
	temporary bool // made by "go run" for one run
}

type exeDirs struct {
	dirs []exeDir // as launched, then with links resolved if that differs
	err  error
}

// executableDirs returns the directories of the executable. They are determined on first use, since
// they can't change while the process runs.
func executableDirs() exeDirs {
	own.once.Do(func() { own.dirs = findExecutableDirs() })
	return own.dirs
}

// own.dirs is swapped by tests.
var own struct {
	once sync.Once
	dirs exeDirs
}

func findExecutableDirs() exeDirs {
	exe, err := os.Executable()
	if err != nil {
		return exeDirs{err: err}
	}
	var d exeDirs
	add := func(path string) {
		dir := exeDir{filepath.Dir(path), isGoRun(runtime.GOOS, path)}
		if len(d.dirs) == 0 || d.dirs[0].path != dir.path {
			d.dirs = append(d.dirs, dir)
		}
	}
	add(launchedAs(exe))
	if resolved, err := filepath.EvalSymlinks(exe); err == nil {
		add(resolved)
	}
	return d
}

// launchedAs returns the path that exe was launched by. On Linux and some BSDs os.Executable only
// returns the path with links resolved. The original is in os.Args, which launchedAs uses if it
// leads to the same file. It does not if the process has more rights than its parent, because the
// parent chose os.Args.
func launchedAs(exe string) string {
	if runtime.GOOS == "windows" || len(os.Args) == 0 || os.Getuid() != os.Geteuid() || os.Getgid() != os.Getegid() {
		return exe
	}
	path, err := exec.LookPath(os.Args[0])
	if err != nil {
		return exe
	}
	if path, err = filepath.Abs(path); err != nil {
		return exe
	}
	fi, err1 := os.Stat(path)
	self, err2 := os.Stat(exe)
	if err1 != nil || err2 != nil || !os.SameFile(fi, self) {
		return exe
	}
	return path
}

// isGoRun reports whether path is an executable built by "go run": …/go-build123/b001/exe/name in
// the temporary directory, or name in a …-d directory of the build cache.
func isGoRun(goos, path string) bool {
	if goos == "windows" {
		path = strings.ReplaceAll(path, `\`, "/")
	}
	parts := strings.Split(path, "/")
	n := len(parts)
	if n < 5 {
		return false
	}
	if parts[n-2] == "exe" && isNumbered(parts[n-3], "b") && isNumbered(parts[n-4], "go-build") {
		return true
	}
	hash, isCached := strings.CutSuffix(parts[n-2], "-d")
	return isCached && len(hash) == 64 && strings.Trim(hash, "0123456789abcdef") == "" && parts[n-3] == hash[:2]
}

func isNumbered(s, prefix string) bool {
	digits, ok := strings.CutPrefix(s, prefix)
	return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}

// carries reports whether name contains app as a word: orders.json and my-orders.yaml contain
// "orders", reorders.json doesn't.
func carries(name, app string) bool {
	if rest, ok := strings.CutPrefix(name, app); ok && !startsWithWord(rest) {
		return true // the usual form
	}
	name, app = strings.ToLower(name), strings.ToLower(app)
	for i := 0; ; {
		j := strings.Index(name[i:], app)
		if j < 0 {
			return false
		}
		start := i + j
		if !endsInWord(name[:start]) && !startsWithWord(name[start+len(app):]) {
			return true
		}
		i = start + 1
	}
}

// endsInWord and startsWithWord report whether a letter or digit touches the app's name.
func endsInWord(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return isWord(r)
}

func startsWithWord(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return isWord(r)
}

func isWord(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
