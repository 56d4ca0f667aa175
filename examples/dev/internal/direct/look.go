package direct

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"hash"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A Listing holds the packages of programs, according to go list.
type Listing struct {
	Packages []Package // those that are imported stand before those that import them
	Files    []string  // others that matter, whether they exist or not: go.mod, go.work
	IsSource func(name string) bool
}

// A Package is one of a Listing.
type Package struct {
	ImportPath, Dir string
	Imports         []string
	Editable        bool // not in GOROOT or in the module cache
}

// has reports whether all the packages are listed.
func (l *Listing) has(packages map[string]bool) bool {
	missing := maps.Clone(packages)
	for _, pkg := range l.Packages {
		delete(missing, pkg.ImportPath)
	}
	return len(missing) == 0
}

// owns reports whether a compilation is one of a listed package, of files in its directory.
func (l *Listing) owns(c *command) bool {
	i := slices.IndexFunc(l.Packages, func(p Package) bool { return p.ImportPath == c.Package })
	return i >= 0 && !slices.ContainsFunc(c.Args, func(arg string) bool {
		return filepath.Ext(arg) == ".go" && filepath.Dir(arg) != filepath.Clean(l.Packages[i].Dir)
	})
}

type sum [sha256.Size]byte

func sumOf(data []byte) sum { return sha256.Sum256(data) }

// A snapshot holds everything that can change, at one time.
type snapshot struct {
	rules    sum // of what concerns all packages: files, the environment, the go command
	packages map[string]facts
}

// facts distinguishes what determines the commands for a package (shape) from what only the
// commands read (content).
type facts struct{ shape, content sum }

func (s snapshot) equal(other snapshot) bool {
	return s.rules == other.rules && maps.Equal(s.packages, other.packages)
}

// of is the shape that a package's compilation depends on.
func (s snapshot) of(path string) sum {
	return sumOf(slices.Concat(s.rules[:], []byte(path), shapeOf(s.packages[path])))
}

// all is the shape that a link depends on.
func (s snapshot) all() sum {
	h := sha256.New()
	h.Write(s.rules[:])
	for _, path := range slices.Sorted(maps.Keys(s.packages)) {
		add(h, path, shapeOf(s.packages[path]))
	}
	return sum(h.Sum(nil))
}

func shapeOf(f facts) []byte { return f.shape[:] }

// add writes a name and data so that no other pair writes the same.
func add(h hash.Hash, name string, data []byte) {
	fmt.Fprintf(h, "%q %d\n", name, len(data))
	h.Write(data)
}

// look takes a snapshot.
func (l *Listing) look() (snapshot, error) {
	s := snapshot{packages: map[string]facts{}}
	h := sha256.New()
	for _, variable := range os.Environ() {
		add(h, "environment", []byte(variable))
	}
	for _, file := range l.Files {
		data, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return s, err
		}
		add(h, fmt.Sprint(file, err == nil), data)
	}
	command, err := exec.LookPath("go")
	if err != nil {
		return s, err
	}
	info, err := os.Stat(command)
	if err != nil {
		return s, err
	}
	add(h, command, []byte(fmt.Sprint(info.Size(), info.ModTime().UnixNano())))
	s.rules = sum(h.Sum(nil))
	for _, pkg := range l.Packages {
		if !pkg.Editable {
			continue
		}
		if s.packages[pkg.ImportPath], err = l.lookAt(pkg.Dir); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (l *Listing) lookAt(dir string) (facts, error) {
	shape, content := sha256.New(), sha256.New()
	entries, err := os.ReadDir(dir)
	if err != nil {
		return facts{}, err
	}
	var embeds []string
	for _, e := range entries {
		name := e.Name()
		if !l.IsSource(name) && name != "go.mod" && name != "default.pgo" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return facts{}, err
		}
		head, patterns := len(data), []string(nil)
		if filepath.Ext(name) == ".go" {
			head, patterns = header(data)
		}
		add(shape, name, data[:head])
		add(content, name, data)
		embeds = append(embeds, patterns...)
	}
	add(shape, "embedded", []byte(strings.Join(embeds, "\n")))
	root := os.DirFS(dir)
	for _, pattern := range embeds {
		if err := lookAtEmbedded(root, strings.TrimPrefix(pattern, "all:"), shape, content); err != nil {
			return facts{}, err
		}
	}
	return facts{sum(shape.Sum(nil)), sum(content.Sum(nil))}, nil
}

// lookAtEmbedded looks at all files that a pattern may embed.
func lookAtEmbedded(root fs.FS, pattern string, shape, content hash.Hash) error {
	matches, err := fs.Glob(root, pattern)
	if err != nil {
		return err
	}
	for _, match := range matches {
		err := fs.WalkDir(root, match, func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			add(shape, name, []byte(d.Type().String()))
			if !d.Type().IsRegular() { // a directory, or what can't be embedded
				return nil
			}
			data, err := fs.ReadFile(root, name)
			add(content, name, data)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// header returns the end of the part of a Go file that the go command reads (constraints, the
// package's name, imports, cgo's preamble), and the patterns that it embeds. In doubt it returns
// the end of the file.
func header(source []byte) (end int, embeds []string) {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, "", source, parser.ImportsOnly)
	if err != nil {
		return len(source), nil
	}
	pos := f.Name.End()
	for _, decl := range f.Decls {
		pos = decl.End()
	}
	end = set.File(pos).Offset(pos)
	for line := range bytes.Lines(source[end:]) {
		rest, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("//go:embed"))
		if !ok {
			continue
		}
		if bytes.ContainsAny(rest, "\"`") {
			return len(source), nil
		}
		embeds = append(embeds, strings.Fields(string(rest))...)
	}
	return end, embeds
}

// Environment is the output of "go env -json".
type Environment struct{ GOWORK, GOENV, GOROOT, GOMODCACHE, GOFLAGS string }

// List parses the output of "go list -e -deps -json", run in dir with the flags. It returns nil if
// the programs can't be built without the go command.
func List(r io.Reader, dir string, flags []string, env Environment, isSource func(string) bool) *Listing {
	for _, flag := range append(strings.Fields(env.GOFLAGS), flags...) {
		if strings.Contains(flag, "-overlay") || strings.Contains(flag, "-toolexec") {
			return nil
		}
	}
	l := &Listing{IsSource: isSource}
	files := map[string]bool{env.GOENV: true, filepath.Join(env.GOROOT, "go.env"): true, filepath.Join(env.GOROOT, "VERSION"): true}
	if env.GOWORK != "" && env.GOWORK != "off" {
		files[env.GOWORK], files[env.GOWORK+".sum"] = true, true
		files[filepath.Join(filepath.Dir(env.GOWORK), "vendor", "modules.txt")] = true
	}
	upwards(dir, "", func(dir string) { files[filepath.Join(dir, "go.work")] = true })
	for dec := json.NewDecoder(r); ; {
		var p struct {
			ImportPath, Dir string
			Standard        bool
			Imports         []string
			Module          *struct {
				GoMod, Dir string
				Main       bool
			}
			Error *struct{}
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil || p.Error != nil {
			return nil
		}
		rel, err := filepath.Rel(env.GOMODCACHE, p.Dir)
		pkg := Package{p.ImportPath, p.Dir, p.Imports, !p.Standard && !(err == nil && filepath.IsLocal(rel))}
		l.Packages = append(l.Packages, pkg)
		if !pkg.Editable || p.Module == nil {
			continue
		}
		files[p.Module.GoMod] = true
		upwards(p.Dir, p.Module.Dir, func(dir string) { files[filepath.Join(dir, "go.mod")] = true })
		if p.Module.Main {
			root := filepath.Dir(p.Module.GoMod)
			files[filepath.Join(root, "go.sum")], files[filepath.Join(root, "vendor", "modules.txt")] = true, true
		}
	}
	delete(files, "")
	l.Files = slices.Sorted(maps.Keys(files))
	return l
}

// upwards visits dir and the directories above it, up to top or the root.
func upwards(dir, top string, visit func(string)) {
	for {
		visit(dir)
		parent := filepath.Dir(dir)
		if dir == top || parent == dir {
			return
		}
		dir = parent
	}
}
