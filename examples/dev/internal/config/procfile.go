package config

import (
	"path"
	"regexp"
	"strconv"
	"strings"
)

// Procfile returns a draft for each line NAME: COMMAND of a Procfile. A command that is a plain "go
// run PACKAGE", or that expects $PORT, becomes what dev has for it.
func Procfile(name string, data []byte) ([]Draft, error) {
	var drafts []Draft
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(string(data), "\ufeff")) {
		n++
		text := strings.TrimSpace(line)
		if text == "" || text[0] == '#' {
			continue
		}
		service, command, ok := strings.Cut(text, ":")
		service, command = strings.TrimSpace(service), strings.TrimSpace(command)
		if !ok || command == "" || !nameForm.MatchString(service) {
			return nil, &Error{name, n, strings.Index(line, text) + 1, "not of the form NAME: COMMAND"}
		}
		d := Draft{Name: service, Run: command}
		if pkg, args, ok := goRun(command); ok {
			d.Package, d.Args, d.Run = pkg, args, ""
		}
		if service == "web" || usesPort(command) {
			d.Address = address(drafts)
		}
		drafts = append(drafts, d)
	}
	return drafts, nil
}

var portVariable = regexp.MustCompile(`\$\{?PORT\b|%PORT%`)

func usesPort(command string) bool { return portVariable.MatchString(command) }

// goRun takes apart a command "go run PACKAGE ARGUMENTS" in which the shell has nothing to do but
// to split it, and perhaps to fill in the port.
func goRun(command string) (pkg string, args []string, ok bool) {
	words := strings.Fields(regexp.MustCompile(`\$\{PORT\}|\$PORT\b|%PORT%`).ReplaceAllString(command, "{port}"))
	if len(words) < 3 || words[0] != "go" || words[1] != "run" || strings.ContainsAny(strings.Join(words, " "), "|&;<>()$`\\\"'*?[#~%\n") {
		return "", nil, false
	}
	pkg, err := cleanPackage(words[2])
	return pkg, words[3:], err == nil
}

// address is the next free one for a draft.
func address(drafts []Draft) string {
	port := 8080
	for _, d := range drafts {
		if d.Address != "" {
			port++
		}
	}
	return "localhost:" + strconv.Itoa(port)
}

// Numbered gives the drafts that want an address, those with the Address "?", one each.
func Numbered(drafts []Draft) []Draft {
	var numbered []Draft
	for _, d := range drafts {
		if d.Address == "?" {
			d.Address = address(numbered)
		}
		numbered = append(numbered, d)
	}
	return numbered
}

// Main returns the draft for a main package: its path as go build takes it, its import path, and
// whether it reads the variable PORT.
func Main(pkg, importPath string, port bool) Draft {
	d := Draft{Name: Program(importPath), Package: pkg}
	if path.IsAbs(importPath) || !nameForm.MatchString(d.Name) {
		d.Name = strings.Trim(regexp.MustCompile(`[^A-Za-z0-9._-]+`).ReplaceAllString(d.Name, "-"), "-._")
	}
	if port {
		d.Address = "?"
	} else {
		d.Comment = "It does not read PORT: so it has no address here, and ends before a new build starts. If it takes\n" +
			"its address from another variable or an argument, write address = \"localhost:8080\" and, say,\n" +
			"env = { LISTEN = \"localhost:{port}\" } or args = [\"-listen=localhost:{port}\"]."
	}
	return d
}
