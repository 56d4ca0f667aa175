package loop

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestIsSource(t *testing.T) {
	for name, want := range map[string]bool{
		"main.go": true, "asm_amd64.s": true, "util.h": true, "rsrc_windows.syso": true,
		"main_test.go": false, "README.md": false, "main": false,
		".main.go.swp": false, ".#main.go": false, "_main.go": false, "main.go~": false, "#main.go#": false, "4913": false,
		"main.go___jb_tmp___": false, "main.go.tmp123": false,
	} {
		assert.Equal(t, want, isSource(name), name)
	}
}

func TestIsTemporary(t *testing.T) {
	for name, want := range map[string]bool{
		"index.html": false, "tmp": false, ".hidden": false,
		".index.html.swp": true, "index.html~": true, ".#index.html": true, "#index.html#": true, "4913": true,
		"index.html___jb_tmp___": true, "index.html___jb_old___": true, ".goutputstream-X7A": true, "index.html.tmp": true,
	} {
		assert.Equal(t, want, isTemporary(name), name)
	}
}

func TestEmbeddingHas(t *testing.T) {
	e := embedding{patterns: []string{"all:static", "*.html", "conf/*.json"}}
	for file, want := range map[string]bool{
		"static": true, "static/a.css": true, "static/deep/er/a.css": true, "index.html": true, "conf/x.json": true,
		"index.css": false, "conf": false, "conf/x.txt": false, "sub/index.html": false, "statics": false,
	} {
		assert.Equal(t, want, e.has(file), file)
	}
}

func TestLiteralDir(t *testing.T) {
	for pattern, want := range map[string]string{
		"index.html": ".", "*.html": ".", "static": ".", "conf/x.json": "conf", "conf/*.json": "conf", "conf/x*.json": "conf", "a/*/b/*.css": "a",
	} {
		assert.Equal(t, want, literalDir(pattern), pattern)
	}
}

func TestNearest(t *testing.T) {
	root := t.TempDir()
	save(t, filepath.Join(root, "a", "file"), "")
	for dir, want := range map[string]string{"a": "a", "a/b/c": "a", "x/y": ".", "a/file/z": "a"} {
		assert.Equal(t, filepath.Join(root, want), nearest(filepath.Join(root, dir), os.Stat), dir)
	}
	nothing := func(string) (fs.FileInfo, error) { return nil, fs.ErrNotExist }
	top := filepath.VolumeName(root) + string(filepath.Separator)
	assert.Equal(t, top, nearest(root, nothing))
}

// at converts an absolute path with slashes to one of this system.
func at(path string) string {
	if path == "" {
		return ""
	}
	abs, err := filepath.Abs(filepath.FromSlash(path))
	if err != nil {
		panic(err)
	}
	return abs
}

// Two services of a module, which share a package of it, one of a replaced module, and one of the
// module cache.
func listOfTwo(t *testing.T) map[string]*inputs {
	t.Helper()
	own := &module{Path: "example.test", Dir: at("/src/own"), GoMod: at("/src/own/go.mod"), Main: true}
	replaced := &module{Path: "lib.test", Dir: at("/src/lib"), GoMod: at("/src/lib/go.mod"), Replace: &struct{ Version string }{}}
	cached := &module{Path: "far.test", Dir: at("/cache/far"), GoMod: at("/cache/far.mod")}
	fork := &module{Path: "fork.test", Dir: at("/cache/fork"), GoMod: at("/cache/fork.mod"), Replace: &struct{ Version string }{"v1.0.0"}}
	var list bytes.Buffer
	for _, p := range []listed{
		{ImportPath: "fmt", Dir: at("/go/fmt"), Standard: true},
		{ImportPath: "far.test/x", Dir: at("/cache/far/x"), Module: cached},
		{ImportPath: "fork.test", Dir: at("/cache/fork"), Module: fork},
		{ImportPath: "lib.test/log", Dir: at("/src/lib/log"), Module: replaced},
		{ImportPath: "example.test/shared", Dir: at("/src/own/shared"), Module: own},
		{ImportPath: "example.test/web", Dir: at("/src/own/web"), Module: own, EmbedPatterns: []string{"static"}, EmbedFiles: []string{"static/css/a.css"}},
		{ImportPath: "example.test/missing", Error: &struct{ Err string }{"no such package"}},
		{ImportPath: "example.test/cmd/a", Dir: at("/src/own/cmd/a"), Module: own, Match: []string{"./cmd/a"},
			Deps: []string{"fmt", "far.test/x", "fork.test", "lib.test/log", "example.test/shared", "example.test/web"}},
		{ImportPath: "example.test/cmd/b", Dir: at("/src/own/cmd/b"), Module: own, Match: []string{"./cmd/b"},
			Deps: []string{"fmt", "example.test/shared", "example.test/missing"}},
	} {
		require.NoError(t, json.NewEncoder(&list).Encode(p))
	}
	all, err := parseList(&list, at("/src/go.work"), []Service{
		{Name: "a", Package: "./cmd/a"}, {Name: "b", Package: "./cmd/b"}, {Name: "c", Package: "./cmd/c"},
	})
	require.NoError(t, err)
	return all
}

func TestConcerns(t *testing.T) {
	all := listOfTwo(t)
	assert.ElementsMatch(t, []string{"a", "b"}, slices.Collect(maps.Keys(all)), "go list knows no c")
	for _, test := range []struct {
		path  string
		named bool // made, removed or renamed
		want  string
	}{
		{"/src/own/cmd/a/main.go", false, "a"},
		{"/src/own/cmd/b/main.go", false, "b"},
		{"/src/own/shared/x.go", false, "a b"},
		{"/src/own/shared/x.go", true, "a b"},
		{"/src/own/shared/x_test.go", true, ""},
		{"/src/own/shared/.x.go.swp", true, ""},
		{"/src/own/shared/testdata/x.go", false, ""},
		{"/src/lib/log/log.go", false, "a"},
		{"/src/lib/other/x.go", false, ""},
		{"/src/own/go.mod", false, "a b"},
		{"/src/own/go.sum", true, "a b"},
		{"/src/lib/go.mod", false, "a"},
		{"/src/lib/go.sum", false, ""},
		{"/src/go.work", false, "a b"},
		{"/src/go.work.sum", false, "a b"},
		{"/cache/far/x/x.go", false, ""},
		{"/cache/fork/x.go", false, ""},
		{"/go/fmt/print.go", false, ""},
		{"/src/own/web/static/css/b.css", true, "a"},
		{"/src/own/web/static/css/b.css~", true, ""},
		{"/src/own/web/static/new/c.css", true, "a"},
		{"/src/own/web/README.md", false, ""},
		{"/src/own/missing/new.go", true, "b"},
		{"/src/own/missing", true, "b"},
		{"/src/own/shared", true, "a b"},
		{"/src/own/shared", false, ""}, // as some systems say when something in it changes
		{"/src/own/cmd", true, "a b"},
		{"/src/own/docs", true, ""},
		{"/src/own/sharedness", true, ""},
	} {
		got := ""
		for _, name := range []string{"a", "b"} {
			if all[name].concerns(change{at(test.path), test.named}) {
				got += " " + name
			}
		}
		assert.Equal(t, test.want, string(bytes.TrimSpace([]byte(got))), "%s %v", test.path, test.named)
	}
	assert.Contains(t, slices.Collect(all["a"].dirs), at("/src/own/web/static/css"))
	assert.Contains(t, slices.Collect(all["b"].dirs), at("/src/own/missing"))
}

func TestChangedSince(t *testing.T) {
	dir := t.TempDir()
	in := newInputs()
	in.packages[dir] = true
	now := time.Now()
	for name, age := range map[string]time.Duration{"old.go": time.Hour, "README.md": 0, "x_test.go": 0} {
		save(t, filepath.Join(dir, name), "")
		require.NoError(t, os.Chtimes(filepath.Join(dir, name), now, now.Add(-age)))
	}
	since := now.Add(-time.Minute)
	assert.False(t, in.changedSince(dir, since))
	assert.False(t, in.changedSince(filepath.Join(dir, "none"), since))
	save(t, filepath.Join(dir, "new.go"), "")
	assert.True(t, in.changedSince(dir, since))
}

func TestSame(t *testing.T) {
	dir := t.TempDir()
	big := bytes.Repeat([]byte("0123456789abcdef"), 10_000)
	write := func(name string, data []byte) string {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, data, 0o600))
		return file
	}
	a := write("a", big)
	assert.True(t, same(a, write("b", big)))
	assert.False(t, same(a, write("longer", append(slices.Clone(big), 'x'))))
	assert.False(t, same(a, write("shorter", big[:len(big)-1])))
	assert.False(t, same(a, write("other", append(slices.Clone(big[:len(big)-1]), 'x'))))
	assert.False(t, same(a, filepath.Join(dir, "none")))
	assert.True(t, same(write("empty", nil), write("empty too", nil)))
}
