package doctor

import (
	"path"
	"regexp"
	"strings"
)

// unset is how a variable is removed from the place that holds it.
func unset(name, place, goEnvFile string) *Fix {
	switch place {
	case "goenv":
		return same("go env -u " + name)
	case "user":
		return &Fix{Cmd: `reg delete HKCU\Environment /v ` + name + " /f",
			PowerShell: "[Environment]::SetEnvironmentVariable('" + name + "', $null, 'User')",
			Sh:         `reg.exe delete 'HKCU\Environment' /v ` + name + " /f"}
	case "machine":
		const key = `HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment`
		return &Fix{Cmd: `reg delete "` + key + `" /v ` + name + " /f",
			PowerShell: "[Environment]::SetEnvironmentVariable('" + name + "', $null, 'Machine')",
			Sh:         "reg.exe delete '" + key + "' /v " + name + " /f"}
	case "session", "":
		return &Fix{Cmd: "set " + name + "=", PowerShell: "Remove-Item Env:" + name, Sh: "unset " + name}
	}
	return &Fix{Sh: "sed -i.bak '/" + name + "=/d' " + shQuote(place) + "; unset " + name}
}

// set is how a variable of Go's is set for good; values are by system, "" is the others'.
func set(name string, values map[string]string) *Fix {
	windows := values["windows"]
	return &Fix{Cmd: "go env -w " + name + "=" + windows,
		PowerShell: `go env -w "` + name + "=" + regexp.MustCompile(`%(\w+)%`).ReplaceAllString(windows, `$$env:$1`) + `"`,
		Sh:         `go env -w ` + name + `="` + values[""] + `"`}
}

// goEnvW puts a directory of Go's below the home directory. A directory for
// temporary files must be there before go uses it.
func goEnvW(goos, name, dir string) *Fix {
	fix := set(name, map[string]string{"windows": `%USERPROFILE%\` + dir, "": "$HOME/" + dir})
	if name == "GOTMPDIR" {
		fix.Cmd = `mkdir "%USERPROFILE%\` + dir + `" & ` + fix.Cmd
		fix.PowerShell = `mkdir "$env:USERPROFILE\` + dir + `" -Force; ` + fix.PowerShell
		fix.Sh = `mkdir -p "$HOME/` + dir + `" && ` + fix.Sh
	}
	return fix
}

// move is how a module gets out of a directory in which it must not be.
func move(dir string) *Fix {
	base := path.Base(strings.ReplaceAll(dir, `\`, "/"))
	return &Fix{Cmd: `move "` + dir + `" "%USERPROFILE%\` + base + `"`,
		PowerShell: "Move-Item " + psQuote(dir) + ` "$env:USERPROFILE\` + base + `"`,
		Sh:         "mv " + shQuote(dir) + ` "$HOME/` + base + `"`}
}

func shQuote(s string) string {
	if regexp.MustCompile(`^[\w@%+=:,./-]+$`).MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func psQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// credentials matches the user and password of a URL, also of one that net/url
// can't parse; query matches what comes behind a question mark.
var (
	credentials = regexp.MustCompile(`(\w+://)[^/@\s,|]*@`)
	query       = regexp.MustCompile(`(://[^\s,|?]*\?)[^\s,|]*`)
)

// redact removes credentials from a list of URLs.
func redact(s string) string {
	return query.ReplaceAllString(credentials.ReplaceAllString(s, "${1}***@"), "${1}***")
}

// lines returns the first n lines of s that are not empty.
func lines(s string, n int) (out []string) {
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" && len(out) < n {
			out = append(out, line)
		}
	}
	return out
}

// samePath compares two paths by the rules of a system, without looking at the disk.
func samePath(goos, a, b string) bool { return clean(goos, a) == clean(goos, b) }

// inside says whether p lies in dir or below.
func inside(goos, p, dir string) bool {
	p, dir = clean(goos, p), clean(goos, dir)
	return p == dir || strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/")
}

func clean(goos, p string) string {
	if goos == "windows" {
		p = strings.ToLower(strings.ReplaceAll(p, `\`, "/"))
	}
	return path.Clean(p)
}

func isAbs(goos, p string) bool {
	if goos != "windows" {
		return strings.HasPrefix(p, "/")
	}
	return len(p) > 2 && p[1] == ':' && (p[2] == '\\' || p[2] == '/') || strings.HasPrefix(p, `\\`)
}

func splitList(goos, s string) []string {
	if goos == "windows" {
		return strings.Split(s, ";")
	}
	return strings.Split(s, ":")
}
