package repotest

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "TestAPI records the API as it is in api/")

// TestAPI compares what each package exports with its record in api/, one line a name, for every
// system: users compile one source for all of them.
func TestAPI(t *testing.T) {
	needGo(t)
	var recorded []string
	for _, goos := range []string{"linux", "windows", "darwin"} {
		for path, lines := range apiOf(t, goos) {
			name := filepath.Join("api", strings.ReplaceAll(path, "/", "_")+".txt")
			recorded = append(recorded, name)
			if *update && goos == "linux" {
				require.NoError(t, os.WriteFile(name, []byte(strings.Join(lines, "\n")+"\n"), 0o644))
			}
			record, err := os.ReadFile(name)
			assert.NoError(t, err, "%s has no record: go test ./internal/repotest -run TestAPI -update", path)
			removed, added := difference(strings.Split(strings.TrimSpace(string(record)), "\n"), lines)
			for _, line := range removed {
				t.Errorf("%s: %s on %s: this breaks users, so it needs a word in CHANGELOG.md and, from v1 on, a new major version", name, line, goos)
			}
			for _, line := range added {
				t.Errorf("%s: %s on %s: record it by go test ./internal/repotest -run TestAPI -update", name, line, goos)
			}
		}
	}
	stored, err := filepath.Glob(filepath.Join("api", "*.txt"))
	require.NoError(t, err)
	for _, name := range stored {
		assert.Contains(t, recorded, name, "the record of a package that is no more")
	}
}

func TestDifference(t *testing.T) {
	removed, added := difference([]string{"const A = 1", "func F()"}, []string{"const A = 2", "func F()", "func G()"})
	assert.Equal(t, []string{"- const A = 1"}, removed)
	assert.Equal(t, []string{"+ const A = 2", "+ func G()"}, added)
}

// difference returns what the record has and the source has not, and the reverse.
func difference(record, source []string) (removed, added []string) {
	for _, line := range record {
		if !slices.Contains(source, line) {
			removed = append(removed, "- "+line)
		}
	}
	for _, line := range source {
		if !slices.Contains(record, line) {
			added = append(added, "+ "+line)
		}
	}
	return removed, added
}

// apiOf returns the sorted API of each package that users can import, by its path in the module, as
// it is on goos.
func apiOf(t *testing.T, goos string) map[string][]string {
	t.Helper()
	api := map[string][]string{}
	for path, pkg := range typeCheck(t, goos) {
		if rel, ok := strings.CutPrefix(path, module+"/"); ok && pkg.Name() != "main" && isPublic(rel) {
			api[rel] = exported(pkg)
		}
	}
	require.Contains(t, api, "listen")
	return api
}

// checked keeps what typeCheck has found, as that takes seconds.
var checked = map[string]map[string]*types.Package{}

// typeCheck checks the module's packages and all that they import, from source and without function
// bodies, as go/build chooses their files for goos.
func typeCheck(t *testing.T, goos string) map[string]*types.Package {
	t.Helper()
	if pkgs := checked[goos]; pkgs != nil {
		return pkgs
	}
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Dir,GoFiles,ImportMap", "./...")
	cmd.Dir = root(t)
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH=amd64", "CGO_ENABLED=0")
	out, err := cmd.Output()
	require.NoError(t, err)
	pkgs := map[string]*types.Package{"unsafe": types.Unsafe}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; { // each package after those that it imports
		var listed struct {
			ImportPath, Dir string
			GoFiles         []string
			ImportMap       map[string]string
		}
		if err := dec.Decode(&listed); err == io.EOF {
			checked[goos] = pkgs
			return pkgs
		} else {
			require.NoError(t, err)
		}
		if listed.ImportPath == "unsafe" {
			continue
		}
		fset := token.NewFileSet()
		var files []*ast.File
		for _, name := range listed.GoFiles {
			file, err := parser.ParseFile(fset, filepath.Join(listed.Dir, name), nil, parser.SkipObjectResolution)
			require.NoError(t, err)
			files = append(files, file)
		}
		conf := types.Config{
			Sizes:            types.SizesFor("gc", "amd64"),
			IgnoreFuncBodies: true,
			Importer: importerFunc(func(path string) (*types.Package, error) {
				if mapped, ok := listed.ImportMap[path]; ok {
					path = mapped
				}
				return pkgs[path], nil
			}),
		}
		pkg, err := conf.Check(listed.ImportPath, fset, files, nil)
		require.NoError(t, err, "%s on %s", listed.ImportPath, goos)
		pkgs[listed.ImportPath] = pkg
	}
}

type importerFunc func(path string) (*types.Package, error)

func (f importerFunc) Import(path string) (*types.Package, error) { return f(path) }
