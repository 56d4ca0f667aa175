package config

import (
	"bytes"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Air returns the draft for an .air.toml, a configuration of github.com/air-verse/air: what its
// commands build, with which flags, and what else it watches.
func Air(name string, data []byte) (Draft, error) {
	var doc struct {
		Root  string `toml:"root"`
		Build struct {
			Cmd        string   `toml:"cmd"`
			FullBin    string   `toml:"full_bin"`
			Entrypoint []string `toml:"entrypoint"`
			ArgsBin    []string `toml:"args_bin"`
			PreCmd     []string `toml:"pre_cmd"`
			IncludeExt []string `toml:"include_ext"`
		} `toml:"build"`
	}
	if err := toml.NewDecoder(bytes.NewReader(data)).Decode(&doc); err != nil {
		return Draft{}, syntaxError(name, err)
	}
	d := Draft{Args: doc.Build.ArgsBin, Package: "."}
	if len(doc.Build.Entrypoint) > 1 {
		d.Args = append(doc.Build.Entrypoint[1:len(doc.Build.Entrypoint):len(doc.Build.Entrypoint)], d.Args...)
	}
	steps, build, ok := splitBuild(doc.Build.Cmd)
	if !ok && doc.Build.Cmd != "" {
		return d, &Error{File: name, Message: fmt.Sprintf("build.cmd has no go build that dev could take over: %q", doc.Build.Cmd)}
	}
	d.Package, d.Flags = goBuild(build)
	if root := filepath.ToSlash(filepath.Clean(doc.Root)); doc.Root != "" && root != "." && !path.IsAbs(root) && strings.HasPrefix(d.Package, ".") {
		d.Package = "./" + path.Join(root, d.Package)
	}
	if pkg, err := cleanPackage(d.Package); err == nil {
		d.Package = pkg
	}
	if d.Name = defaultName(Service{Package: d.Package}, filepath.Dir(name)); !nameForm.MatchString(d.Name) {
		d.Name = ""
	}
	var other []string
	for _, ext := range doc.Build.IncludeExt {
		if ext != "go" && ValidGlob("*."+ext) {
			other = append(other, "**/*."+ext)
		}
	}
	d.Watch = other
	for _, run := range append(doc.Build.PreCmd, steps...) {
		d.Before = append(d.Before, DraftStep{run, other})
	}
	if doc.Build.FullBin != "" {
		d.Comment = "air ran it by: " + doc.Build.FullBin
	}
	return d, nil
}

// splitBuild splits a command line at && into the steps before go build, and go build.
func splitBuild(command string) (steps []string, build string, ok bool) {
	for part := range strings.SplitSeq(command, "&&") {
		part = strings.TrimSpace(part)
		if part == "go build" || strings.HasPrefix(part, "go build ") {
			return steps, part, true
		}
		steps = append(steps, part)
	}
	return nil, "", false
}

// goBuild returns the package and the flags of a go build command, without its output.
func goBuild(command string) (pkg string, flags []string) {
	pkg = "."
	words := strings.Fields(command)
	for i := 2; i < len(words); i++ {
		word := words[i]
		name, _, inline := strings.Cut(strings.TrimLeft(word, "-"), "=")
		switch {
		case !strings.HasPrefix(word, "-"):
			pkg = word
		case name == "o":
			if !inline {
				i++
			}
		case inline || booleanFlags[name] || i+1 == len(words):
			flags = append(flags, word)
		default:
			i++
			flags = append(flags, word+"="+strings.Trim(words[i], `"'`))
		}
	}
	return pkg, flags
}

// booleanFlags are go build's that take no value.
var booleanFlags = map[string]bool{"a": true, "race": true, "msan": true, "asan": true, "cover": true, "v": true, "work": true,
	"x": true, "linkshared": true, "modcacherw": true, "trimpath": true}
