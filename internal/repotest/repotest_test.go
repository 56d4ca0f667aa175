// Package repotest tests the rules that hold for the whole module: what a package may import, that
// importing one does no work, and where exported names stand.
package repotest

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/consolex"
	"github.com/surefoot-go/surefoot/eventx"
	"github.com/surefoot-go/surefoot/internal/testenv"
	"github.com/surefoot-go/surefoot/listen"
	"github.com/surefoot-go/surefoot/pathx"
	"github.com/surefoot-go/surefoot/procx"
	"github.com/surefoot-go/surefoot/svcx"
)

const module = "github.com/surefoot-go/surefoot"

// linked holds a function of each package, so that this test's binary has them all.
var linked = []any{consolex.UTF8, eventx.NewHandler, listen.Dual, pathx.DirsOf, procx.NewGroup, svcx.Run}

func TestMain(m *testing.M) {
	testenv.Main(m, map[string]func([]string) int{
		"nothing": func([]string) int { return len(linked) - 6 },
	})
}

// siblings are the packages of which none may import another.
var siblings = []string{"consolex", "eventx", "listen", "pathx", "procx", "svcx"}

func TestImports(t *testing.T) {
	needGo(t)
	// Heavy packages of the standard library and others, and the packages that may link them.
	restricted := map[string][]string{
		"golang.org/x/text": {"consolex"},
		"net/http":          {"procx"},
		"net/http/pprof":    nil,
		"testing":           nil,
		"encoding/xml":      {"eventx"},
		// Its initialisation keeps 500 functions in: a quarter of what svcx.Main adds to a program.
		"golang.org/x/sys/windows": {"consolex", "eventx", "listen", "pathx", "procx"},
	}
	for _, goos := range []string{"linux", "windows", "darwin"} {
		for _, pkg := range siblings {
			t.Run(goos+"/"+pkg, func(t *testing.T) {
				for _, dep := range goList(t, goos, "./"+pkg) {
					for _, sibling := range siblings {
						under := dep == module+"/"+sibling || strings.HasPrefix(dep, module+"/"+sibling+"/")
						assert.False(t, sibling != pkg && under, "%s links %s", pkg, dep)
					}
					for heavy, allowed := range restricted {
						if dep == heavy || strings.HasPrefix(dep, heavy+"/") && strings.Contains(heavy, ".") {
							assert.Contains(t, allowed, pkg, "%s links %s", pkg, dep)
						}
					}
					assert.NotContains(t, dep, "testify", "%s links %s", pkg, dep)
				}
				// It finds methods by their names: all of a program that links it stay in.
				assert.NotContains(t, goList(t, goos, "./"+pkg+"/..."), "text/template", "below %s", pkg)
			})
		}
	}
}

func TestRequirements(t *testing.T) {
	needGo(t)
	cmd := exec.Command("go", "mod", "edit", "-json")
	cmd.Dir = root(t)
	out, err := cmd.Output()
	require.NoError(t, err)
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	require.NoError(t, json.Unmarshal(out, &mod))
	var direct []string
	for _, r := range mod.Require {
		if !r.Indirect {
			direct = append(direct, r.Path)
		}
	}
	slices.Sort(direct)
	assert.Equal(t, []string{"github.com/stretchr/testify", "golang.org/x/sys", "golang.org/x/text"}, direct)
}

// TestNoWorkAtImport runs this binary, which links every package, with the runtime's trace of
// package initialisation: a package without work has no line.
func TestNoWorkAtImport(t *testing.T) {
	cmd := testenv.Command(t, "nothing")
	cmd.Env = append(cmd.Env, "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Regexp(t, `(?m)^init runtime @`, string(out), "the trace is not what it was")
	ours := regexp.MustCompile(`(?m)^init ` + regexp.QuoteMeta(module) + `/(?:consolex|eventx|listen|pathx|procx|svcx|internal/(?:codepage|msgtable)).*`)
	assert.Empty(t, ours.FindAllString(string(out), -1))
}

// osFile matches the files that hold one system's code.
var osFile = regexp.MustCompile(`_(windows|unix|linux|darwin|bsd|freebsd|openbsd|other)\.go$`)

func TestSources(t *testing.T) {
	windowDLL := regexp.MustCompile(`(?i)(user32|shell32|gdi32)(\.dll)?["\\.]`)
	for path, file := range sources(t) {
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				assert.Fail(t, "init() in "+path)
			}
			if osFile.MatchString(path) && !strings.HasPrefix(path, "internal"+string(filepath.Separator)) {
				for _, name := range declared(decl) {
					assert.False(t, ast.IsExported(name), "%s exports %s: the portable file must hold it", path, name)
				}
			}
		}
		// A process that loads these is no longer told of log-off and shutdown.
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				assert.NotRegexp(t, windowDLL, lit.Value, path)
			}
			return true
		})
	}
}

// A name that Windows reserves can't be checked out there, and no module that has one can be
// fetched; nor one with an apostrophe, say, in a file's name (golang.org/x/mod/module,
// CheckFilePath).
func TestFileNames(t *testing.T) {
	top := root(t)
	require.NoError(t, filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == top {
			return err
		}
		if d.IsDir() && d.Name() == ".git" {
			return filepath.SkipDir
		}
		assert.NoError(t, pathx.CheckName(d.Name()), path)
		assert.False(t, strings.ContainsAny(d.Name(), "\"'*<>?`|/\\:;"), path)
		return nil
	}))
}

// sources parses the module's own Go files without the tests, by their path.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	top := root(t)
	require.NoError(t, filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != top) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		rel, _ := filepath.Rel(top, path)
		files[rel] = file
		return err
	}))
	require.Contains(t, files, filepath.Join("listen", "listen.go"))
	return files
}

// declared returns the names that a top-level declaration brings into the package.
func declared(decl ast.Decl) (names []string) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			names = append(names, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, s.Name.Name)
			case *ast.ValueSpec:
				for _, n := range s.Names {
					names = append(names, n.Name)
				}
			}
		}
	}
	return names
}

func goList(t *testing.T, goos, pkg string) []string {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", pkg)
	cmd.Dir = root(t)
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH=amd64", "CGO_ENABLED=0")
	out, err := cmd.Output()
	require.NoError(t, err)
	return strings.Fields(string(out))
}

func needGo(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("needs the go command: ", err)
	}
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	return dir
}
