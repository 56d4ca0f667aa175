// Package find finds the programs for dev to run without a dev.toml: the main packages of a module
// or of a workspace.
package find

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A Program is a main package.
type Program struct {
	Package    string // as go build takes it in the directory that was asked about
	ImportPath string
	Port       bool // the package, or one of the same modules that it imports, reads the variable PORT
}

// itself is a package that only dev imports, under whatever name it is built.
const itself = "github.com/surefoot-go/surefoot/examples/dev/cli"

// Programs finds the main packages of dir's module, or of all modules of its workspace; but not
// dev.
func Programs(dir string) ([]Program, error) {
	cmd := exec.Command("go", "list", "-e", "-deps", "-json=Dir,ImportPath,Name,GoFiles,Deps,Standard,DepOnly,Module,Error", "work")
	cmd.Dir = dir
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if _, ok := errors.AsType[*exec.ExitError](err); ok {
			return nil, fmt.Errorf("go list: %s", strings.TrimSpace(stderr.String()))
		}
		return nil, err
	}
	return parse(&stdout, dir)
}

// listed is what go list says about a package.
type listed struct {
	Dir, ImportPath, Name string
	GoFiles, Deps         []string
	Standard, DepOnly     bool
	Module                *struct{ Main bool }
}

func parse(r io.Reader, dir string) ([]Program, error) {
	packages := map[string]*listed{}
	var mains []*listed
	for dec := json.NewDecoder(r); ; {
		p := &listed{}
		if err := dec.Decode(p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		packages[p.ImportPath] = p
		if p.Name == "main" && !p.DepOnly {
			mains = append(mains, p)
		}
	}
	var programs []Program
	for _, p := range mains {
		if slices.Contains(p.Deps, itself) {
			continue
		}
		port := readsPort(p)
		for _, dep := range p.Deps {
			d := packages[dep]
			port = port || d != nil && !d.Standard && d.Module != nil && d.Module.Main && readsPort(d)
		}
		programs = append(programs, Program{relative(p, dir), p.ImportPath, port})
	}
	return programs, nil
}

// relative is the package's directory as seen from dir, or its import path where it lies elsewhere.
func relative(p *listed, dir string) string {
	rel, err := filepath.Rel(dir, p.Dir)
	switch {
	case err != nil || !filepath.IsLocal(rel):
		return p.ImportPath
	case rel == ".":
		return "."
	}
	return "./" + filepath.ToSlash(rel)
}

// readsPort reports whether the package's source has PORT as a string of its own, or at the
// beginning of one in a field's tag.
func readsPort(p *listed) bool {
	port := regexp.MustCompile(`"PORT["=,]|:"PORT\b`)
	for _, name := range p.GoFiles {
		source, err := os.ReadFile(filepath.Join(p.Dir, name))
		if err == nil && port.Match(source) {
			return true
		}
	}
	return false
}
