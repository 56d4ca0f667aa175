package inspect

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/surefoot-go/surefoot/internal/shquote"
)

// delveFor returns the first release of delve for a Go version. Since Go 1.21 the version numbers
// have been the same.
func delveFor(version string) string {
	minor, ok := strings.CutPrefix(version, "go1.")
	if end := strings.IndexFunc(minor, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
		minor = minor[:end]
	}
	if n, err := strconv.Atoi(minor); !ok || err != nil || n < 21 {
		return ""
	}
	return "1." + minor
}

// localModule returns the directory of a module if the working directory is in it.
func localModule(module string) string {
	const unknown = "${workspaceFolder}"
	dir, err := os.Getwd()
	if err != nil {
		return unknown
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil {
			for line := range strings.Lines(string(text)) {
				if f := strings.Fields(line); len(f) >= 2 && f[0] == "module" && strings.Trim(f[1], "\"`") == module {
					return dir
				}
			}
			return unknown
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return unknown
		}
		dir = parent
	}
}

// substitutes describes SubstitutePath for delve and VS Code.
func (r *Report) substitutes() string {
	var b strings.Builder
	for _, s := range r.SubstitutePath {
		fmt.Fprintf(&b, `, until the debugger knows them (dlv: config substitute-path %q %q; VS Code: "substitutePath": [{"from": %q, "to": %q}])`,
			s.Binary, s.Local, s.Local, s.Binary)
	}
	return b.String()
}

// fix returns the command that builds the same binary for a debugger, for PowerShell on Windows and
// for a POSIX shell elsewhere.
func (r *Report) fix(goos, goarch string) string {
	quote := shquote.Quote
	if goos == "windows" {
		quote = shquote.PowerShell
	}
	var words []string
	for _, v := range r.environment(goos, goarch) {
		name, value, _ := strings.Cut(v, "=")
		if goos == "windows" {
			words = append(words, "$env:"+name+" = "+shquote.PowerShellString(value)+";")
		} else {
			words = append(words, name+"="+shquote.Quote(value))
		}
	}
	pkg := r.Package
	if test, ok := strings.CutSuffix(pkg, ".test"); ok {
		words, pkg = append(words, "go test -c"), test
	} else {
		words = append(words, "go build")
	}
	if r.Race {
		words = append(words, "-race")
	}
	if r.Cover {
		words = append(words, "-cover")
	}
	for _, flag := range r.flags {
		words = append(words, quote(flag))
	}
	if r.Tags != "" {
		words = append(words, withQuotes("-tags", r.Tags, quote))
	}
	if r.Trimpath {
		words = append(words, "-trimpath=false")
	}
	words = append(words, withQuotes("-gcflags", "all=-N -l", quote))
	if kept := unstripped(r.LDFlags); kept != "" || r.Verdict == Stripped {
		words = append(words, withQuotes("-ldflags", kept, quote))
	}
	if pkg == "command-line-arguments" { // built from a list of files
		pkg = "."
	}
	return strings.Join(append(words, quote(pkg)), " ")
}

// environment returns the variables that must be set because they aren't the default here.
func (r *Report) environment(goos, goarch string) (list []string) {
	cross := r.GOOS != "" && (r.GOOS != goos || r.GOARCH != goarch)
	if cross {
		list = append(list, "GOOS="+r.GOOS, "GOARCH="+r.GOARCH)
	}
	for _, v := range r.env {
		if v != "CGO_ENABLED=1" || cross {
			list = append(list, v)
		}
	}
	return list
}

// withQuotes returns a flag with a quoted value, using quotes that work in every shell if possible,
// or else quote.
func withQuotes(flag, value string, quote func(string) string) string {
	if strings.ContainsAny(value, "$`\"\\!%\n") {
		return quote(flag + "=" + value)
	}
	if plain := flag + "=" + value; value != "" && quote(plain) == plain {
		return plain
	}
	return flag + `="` + value + `"`
}

// withValue lists the linker's flags whose value may be the next word.
var withValue = []string{"X", "extldflags", "extld", "extar", "linkmode", "buildid", "buildmode", "B", "D", "E", "H", "I", "L", "R", "T", "k", "r", "tmpdir"}

// unstripped returns the linker's flags without those that omit the debug information.
func unstripped(ldflags string) string {
	var keep []string
	value := false // the word is the value of the preceding flag
	for _, word := range splitQuoted(ldflags) {
		name, v, has := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(word, "-"), "-"), "=")
		on, err := strconv.ParseBool(v)
		strips := (name == "s" || name == "w") && strings.HasPrefix(word, "-") && (!has || err == nil && on)
		if value || !strips {
			keep = append(keep, joinQuoted(word))
		}
		value = !value && !has && strings.HasPrefix(word, "-") && slices.Contains(withValue, name)
	}
	return strings.Join(keep, " ")
}

// splitQuoted splits a list of flags like the go command: at spaces, except for words that begin
// with a quote and end with the same quote ("go help build").
func splitQuoted(s string) (words []string) {
	for s = strings.TrimLeft(s, " \t\r\n"); s != ""; s = strings.TrimLeft(s, " \t\r\n") {
		if q := s[:1]; q == "'" || q == `"` {
			word, rest, _ := strings.Cut(s[1:], q)
			words, s = append(words, word), rest
			continue
		}
		i := strings.IndexAny(s, " \t\r\n")
		if i < 0 {
			i = len(s)
		}
		words, s = append(words, s[:i]), s[i:]
	}
	return words
}

// joinQuoted quotes a word if splitQuoted needs it.
func joinQuoted(word string) string {
	switch {
	case word != "" && !strings.ContainsAny(word, " \t\r\n'\""):
		return word
	case !strings.Contains(word, "'"):
		return "'" + word + "'"
	}
	return `"` + word + `"`
}
