package loop

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// listed is what go list says about a package.
type listed struct {
	ImportPath, Dir           string
	Standard                  bool
	Match, Deps               []string
	EmbedPatterns, EmbedFiles []string
	Module                    *module
	Error                     *struct{ Err string }
}

type module struct {
	Path, Dir, GoMod string
	Main             bool
	Replace          *struct{ Version string }
}

// local reports whether the module lies in a directory that is its own, and not the module cache's.
func (m *module) local() bool {
	return m != nil && (m.Main || m.Replace != nil && m.Replace.Version == "")
}

// listArgs are go's arguments for what parseList reads.
var listArgs = []string{"list", "-e", "-deps",
	"-json=ImportPath,Dir,Standard,Match,Imports,Deps,EmbedPatterns,EmbedFiles,Module,Error"}

// parseList parses go list's output and returns the inputs of each service. The work file may be
// empty. Services whose package is not listed are omitted.
func parseList(r io.Reader, work string, services []Service) (map[string]*inputs, error) {
	packages := map[string]*listed{}
	var mains []*module
	byPattern := map[string]*listed{}
	for dec := json.NewDecoder(r); ; {
		p := &listed{}
		if err := dec.Decode(p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		packages[p.ImportPath] = p
		if p.Module.local() {
			mains = append(mains, p.Module)
		}
		for _, pattern := range p.Match {
			byPattern[pattern] = p
		}
	}

	result := map[string]*inputs{}
	for _, svc := range services {
		root := byPattern[svc.Package] // listed under the pattern as it was given
		if root == nil {
			continue
		}
		in := newInputs()
		for _, dep := range append([]string{root.ImportPath}, root.Deps...) {
			p := packages[dep]
			switch {
			case p == nil || p.Standard:
			case p.Module.local():
				in.addPackage(p)
			case p.Module == nil && p.Error != nil: // not there yet, or not any more
				if dir := dirOf(dep, mains); dir != "" {
					in.packages[dir] = true
				}
			}
		}
		if work != "" {
			in.addFile(work)
			in.addFile(work + ".sum")
		}
		result[svc.Name] = in
	}
	return result, nil
}

// followLinks adds the files that source files are links to.
func (in *inputs) followLinks() {
	for dir := range in.packages {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if e.Type()&fs.ModeSymlink == 0 || !isSource(e.Name()) {
				continue
			}
			in.followLink(filepath.Join(dir, e.Name()))
		}
	}
	for file := range maps.Clone(in.files) {
		in.followLink(file)
	}
}

// followLink adds every file on the way that a link leads.
func (in *inputs) followLink(file string) {
	for range 40 { // as many as Linux follows
		to, err := os.Readlink(file)
		if err != nil {
			return
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(file), to)
		}
		if file = filepath.Clean(to); in.files[file] {
			return
		}
		in.addFile(file)
	}
}

func (in *inputs) addPackage(p *listed) {
	in.packages[p.Dir] = true
	for dir := p.Dir; dir != p.Module.Dir && within(dir, p.Module.Dir); dir = filepath.Dir(dir) {
		in.others[filepath.Dir(dir)] = true // where dir may be renamed or made again
	}
	in.addFile(p.Module.GoMod)
	if p.Module.Main {
		in.addFile(filepath.Join(filepath.Dir(p.Module.GoMod), "go.sum"))
	}
	if len(p.EmbedPatterns) == 0 {
		return
	}
	in.embeds = append(in.embeds, embedding{p.Dir, p.EmbedPatterns})
	for _, file := range p.EmbedFiles {
		in.others[filepath.Dir(filepath.Join(p.Dir, file))] = true
	}
	for _, pattern := range p.EmbedPatterns { // where the first file may still come
		in.others[filepath.Join(p.Dir, literalDir(strings.TrimPrefix(pattern, "all:")))] = true
	}
}

// literalDir is the directory of a pattern up to its first wildcard.
func literalDir(pattern string) string {
	if i := strings.IndexAny(pattern, `*?[\`); i >= 0 {
		pattern = pattern[:i] + "x"
	}
	return path.Dir(pattern)
}

// dirOf is where the package of that path would lie in one of the modules.
func dirOf(importPath string, modules []*module) string {
	for _, m := range modules {
		if importPath == m.Path {
			return m.Dir
		}
		if rel, ok := strings.CutPrefix(importPath, m.Path+"/"); ok {
			return filepath.Join(m.Dir, filepath.FromSlash(rel))
		}
	}
	return ""
}

// unlisted is what is known of a service that go list can't tell about.
func unlisted(dir string, svc Service) *inputs {
	in := newInputs()
	if pkg := filepath.FromSlash(svc.Package); filepath.IsAbs(pkg) {
		in.packages[pkg] = true
	} else {
		in.packages[filepath.Join(dir, pkg)] = true
	}
	in.addFile(filepath.Join(dir, "go.mod"))
	in.addFile(filepath.Join(dir, "go.sum"))
	return in
}
