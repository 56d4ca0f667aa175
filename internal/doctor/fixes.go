package doctor

import (
	"regexp"
	"strings"

	"github.com/surefoot-go/surefoot/internal/shquote"
)

// Fix is a command that fixes the machine, for each shell; sh is Git Bash on Windows. It is empty
// for a shell in which it can't be done, or which the system does not have. A command is exact and
// can be undone; anything else, such as a change to a user's start-up file, is described in words
// in Do.
type Fix struct {
	Do         string `json:"do,omitempty"`
	Cmd        string `json:"cmd,omitempty"`
	PowerShell string `json:"powershell,omitempty"`
	Sh         string `json:"sh,omitempty"`
}

// keepFor removes the commands for other systems' shells. PowerShell runs on all systems, but most
// of its commands don't.
func (x *Fix) keepFor(goos string) {
	if x != nil && goos != "windows" {
		x.Cmd, x.Sh = "", strings.ReplaceAll(x.Sh, keepSlashes, "")
		if x.PowerShell != x.Sh {
			x.PowerShell = ""
		}
	}
}

// program is a fix that runs one program. The line is written for cmd.exe: only double quotes,
// which keep spaces together. The other shells get each word in single quotes where it needs any,
// so that $ and \ stay as they are.
func program(line string) *Fix {
	x := &Fix{Cmd: line}
	var ps, sh []string
	for i, word := range words(line) {
		sh = append(sh, shQuote(word))
		if i > 0 { // PowerShell would print a command in quotes
			word = psQuote(word)
		}
		ps = append(ps, word)
	}
	x.PowerShell, x.Sh = strings.Join(ps, " "), strings.Join(sh, " ")
	if strings.Contains(x.Sh, " /") {
		x.Sh = keepSlashes + x.Sh
	}
	return x
}

// keepSlashes stops Git Bash from making a path of C: of each switch of a Windows program.
const keepSlashes = "MSYS2_ARG_CONV_EXCL='*' "

// words splits a line at the spaces outside of its double quotes.
func words(line string) (words []string) {
	quoted := false
	begin := 0
	for i, r := range line + " " {
		switch {
		case r == '"':
			quoted = !quoted
		case r == ' ' && (!quoted || i == len(line)):
			if i > begin {
				words = append(words, strings.ReplaceAll(line[begin:i], `"`, ""))
			}
			begin = i + 1
		}
	}
	return words
}

// chain is one fix after the other, whether or not that succeeds: a step that was made before
// fails. A shell that lacks one of them lacks all.
func chain(fixes ...*Fix) *Fix {
	var do, cmd, ps, sh []string
	for _, x := range fixes {
		if x == nil {
			continue
		}
		if x.Do != "" {
			do = append(do, x.Do)
		}
		cmd, ps, sh = append(cmd, x.Cmd), append(ps, x.PowerShell), append(sh, x.Sh)
	}
	return &Fix{strings.Join(do, " "), join(cmd, " & "), join(ps, "; "), join(sh, "; ")}
}

func join(lines []string, separator string) string {
	for _, line := range lines {
		if line == "" {
			return ""
		}
	}
	return strings.Join(lines, separator)
}

// unset returns the fix that removes one of Go's variables from its place and from the current
// session. No command edits a start-up file: the line may contain other settings, or be the only
// one in an if.
func (f *Facts) unset(name, place string) *Fix {
	session := &Fix{"", `set "` + name + `="`, "Remove-Item Env:" + name, "unset " + name}
	switch place {
	case "":
		return nil
	case goEnvPlace:
		return program("go env -u " + name)
	case "session":
		return session
	case "user", "machine":
		// reg delete would do, but tells no program that runs of the change.
		scope := strings.ToUpper(place[:1]) + place[1:]
		line := "[Environment]::SetEnvironmentVariable('" + name + "', $null, '" + scope + "')"
		return chain(&Fix{"", `powershell -NoProfile -Command "` + line + `"`, line,
			`powershell.exe -NoProfile -Command "` + strings.ReplaceAll(line, "$", `\$`) + `"`}, session)
	}
	root := ""
	if needsAdmin(place) {
		root = f.text(" (as root)", "（以 root 身份）")
	}
	return &Fix{Do: f.text("Edit %s%s: remove only the setting of %s, which takes effect at the next sign-in. In this shell:",
		"编辑 %s%s：只删去设置 %s 的部分，其余保留；下次登录时生效。在当前 shell 中：", strings.ReplaceAll(place, ", ", f.comma()), root, name), Sh: "unset " + name}
}

// unsetRefused is unset for a variable with which go refuses to run, go env -u too. One in the
// environment beats that in the file of go env -w.
func (f *Facts) unsetRefused(name, place, good string) *Fix {
	if place != goEnvPlace {
		return f.unset(name, place)
	}
	command := "go env -u " + name
	return &Fix{"", `set "` + name + "=" + good + `" & ` + command + ` & set "` + name + `="`,
		"$env:" + name + " = " + psQuote(good) + "; " + command + "; Remove-Item Env:" + name,
		name + "=" + shQuote(good) + " " + command}
}

// cutFrom removes a variable from the file of go env -w, which has one in each line. From Go 1.27
// on, go env -u refuses to remove GOROOT, though one that an older release has written stays in
// force. Which release a shell's go runs depends on the go.mod around it. The old file stays beside
// it; the new one is written in its place, so that a link to a file elsewhere stays one.
func cutFrom(file, name string) *Fix {
	old := file + ".bak"
	return &Fix{"",
		`copy /y "` + file + `" "` + old + `" && findstr /l /v /b "` + name + `=" "` + old + `" >"` + file + `"`,
		"Copy-Item " + shquote.PowerShellString(file) + " " + shquote.PowerShellString(old) + " -ErrorAction Stop; [IO.File]::WriteAllLines(" + shquote.PowerShellString(file) + ", [string[]]@([IO.File]::ReadAllLines(" + shquote.PowerShellString(old) + ") -notmatch '^" + name + "='))",
		"cp -p " + shQuote(file) + " " + shQuote(old) + " && sed '/^" + name + "=/d' " + shQuote(old) + " >" + shQuote(file),
	}
}

// needsAdmin reports whether unset needs more rights than a user's.
func needsAdmin(place string) bool {
	return place == "machine" || strings.HasPrefix(place, "/etc/") || strings.Contains(place, ", /etc/")
}

// assign sets a variable of Go's for later sessions: go env -w does not beat the environment, so
// what is set there goes first.
func (f *Facts) assign(name string, to *Fix) *Fix {
	if _, place := f.Go.where(name); place != goEnvPlace {
		return chain(f.unset(name, place), to)
	}
	return to
}

// goEnvW is go env -w with a value that reads the same in every shell.
func goEnvW(name, value string) *Fix { return program("go env -w " + name + "=" + value) }

// inHome has a directory of Go's below the home directory, and makes it.
func inHome(goos, name, dir string) *Fix {
	x := &Fix{
		Cmd:        `mkdir "%USERPROFILE%\DIR" & go env -w "NAME=%USERPROFILE%\DIR"`,
		PowerShell: `mkdir -Force "$env:USERPROFILE\DIR"; go env -w "NAME=$env:USERPROFILE\DIR"`,
		Sh:         `mkdir -p "$HOME/DIR"; go env -w "NAME=$HOME/DIR"`,
	}
	if goos == "windows" {
		x.Sh = `mkdir -p "$USERPROFILE\\DIR"; go env -w "NAME=$USERPROFILE\\DIR"`
	}
	put := strings.NewReplacer("NAME", name, "DIR", dir)
	return &Fix{"", put.Replace(x.Cmd), put.Replace(x.PowerShell), put.Replace(x.Sh)}
}

// giveHome gives a session the home directory that it lacks.
func giveHome() *Fix {
	return &Fix{
		Cmd:        `set "USERPROFILE=%SystemDrive%\Users\%USERNAME%" & set "LOCALAPPDATA=%SystemDrive%\Users\%USERNAME%\AppData\Local"`,
		PowerShell: `$env:USERPROFILE = "$env:SystemDrive\Users\$env:USERNAME"; $env:LOCALAPPDATA = "$env:USERPROFILE\AppData\Local"`,
		Sh:         `export HOME="$(eval echo "~$(id -un)")"`,
	}
}

// move takes a file into a directory below the home directory, unless there is one already.
func move(from, to string) *Fix {
	name := from[strings.LastIndexAny(from, `/\`)+1:]
	return &Fix{
		Cmd:        `mkdir "%USERPROFILE%\` + to + `" & if not exist "%USERPROFILE%\` + to + `\` + name + `" move "` + from + `" "%USERPROFILE%\` + to + `"`,
		PowerShell: `mkdir -Force "$env:USERPROFILE\` + to + `"; Move-Item ` + psQuote(from) + ` "$env:USERPROFILE\` + to + `"`,
		Sh:         `mkdir -p "$HOME/` + to + `"; mv -n ` + shQuote(from) + ` "$HOME/` + to + `/"`,
	}
}

// setAside renames a file or directory, in its own directory: in a read-only one it could not be
// moved elsewhere.
func setAside(path string) *Fix {
	old := path + ".changed"
	name := old[strings.LastIndexAny(old, `/\`)+1:]
	return &Fix{"", `ren "` + path + `" "` + name + `"`, "Rename-Item " + psQuote(path) + " " + psQuote(name), "mv -n " + shQuote(path) + " " + shQuote(old)}
}

// cmdLine is how long a line of cmd's may be, with its variables put in.
const cmdLine = 8191

// firstOnPath has the shell look into a directory before all others.
func (f *Facts) firstOnPath(dir string) *Fix {
	x := &Fix{"", `set "PATH=` + dir + `;%PATH%"`, "$env:PATH = " + psQuote(dir+";") + " + $env:PATH", "export PATH=" + shQuote(dir) + `:"$PATH"`}
	return f.aboutPath(x, dir)
}

// lastOnPath has it look there after all others.
func (f *Facts) lastOnPath(dir string) *Fix {
	x := &Fix{"", `set "PATH=%PATH%;` + dir + `"`, "$env:PATH += " + psQuote(";"+dir), `export PATH="$PATH":` + shQuote(dir)}
	return f.aboutPath(x, dir)
}

func (f *Facts) aboutPath(x *Fix, dir string) *Fix {
	if f.OS == "windows" {
		unixDir := `"$(cygpath ` + shQuote(dir) + `)"`
		x.Sh = strings.NewReplacer(shQuote(dir)+`:"$PATH"`, unixDir+`:"$PATH"`, `"$PATH":`+shQuote(dir), `"$PATH":`+unixDir).Replace(x.Sh)
		if f.Path != nil && f.Path.Length+len(x.Cmd) > cmdLine {
			x.Cmd = "" // cmd can't put a PATH of that length into a line
		}
	}
	return x
}

var plain = regexp.MustCompile(`^[\w+=:./-]+$`)

// shQuote quotes a word for a POSIX shell, wherever psQuote does for PowerShell: one
// line for both is shown where it can be.
func shQuote(s string) string {
	if plain.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// psQuote quotes a word of a command for PowerShell, where it needs quotes.
func psQuote(s string) string {
	if plain.MatchString(s) && s[0] != '-' || regexp.MustCompile(`^--?[\w-]+$`).MatchString(s) {
		return s
	}
	return shquote.PowerShellString(s)
}
