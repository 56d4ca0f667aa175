package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bigProject is a project with that many dependencies, all downloaded.
func bigProject(tb testing.TB, dependencies int) (dir string) {
	tb.Helper()
	dir = tb.TempDir()
	cache := filepath.Join(dir, "modcache")
	project := filepath.Join(dir, "project")
	var mod, sum, source strings.Builder
	mod.WriteString("module m\n\ngo 1.21\n\nrequire (\n")
	source.WriteString("package m\n\nimport (\n")
	write := func(path, text string) {
		require.NoError(tb, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(tb, os.WriteFile(path, []byte(text), 0o644))
	}
	body := "\n// " + strings.Repeat("x", 24000)
	for i := range dependencies {
		path := fmt.Sprintf("example.com/dep%d", i)
		files := filepath.Join(cache, path+"@v1.0.0")
		write(filepath.Join(files, "go.mod"), "module "+path+"\n")
		for j := range 5 {
			write(filepath.Join(files, fmt.Sprintf("f%d.go", j)), fmt.Sprintf("package dep%d\n", i)+body)
		}
		hash, err := hashDir(files, path+"@v1.0.0", func() bool { return true })
		require.NoError(tb, err)
		at := filepath.Join(cache, "cache", "download", path, "@v", "v1.0.0")
		write(at+".mod", "module "+path+"\n")
		write(at+".ziphash", hash)
		fmt.Fprintf(&mod, "\t%s v1.0.0\n", path)
		fmt.Fprintf(&sum, "%s v1.0.0 %s\n%s v1.0.0/go.mod %s\n", path, hash, path, hash)
		fmt.Fprintf(&source, "\t_ %q\n", path)
	}
	write(filepath.Join(project, "go.mod"), mod.String()+")\n")
	write(filepath.Join(project, "go.sum"), sum.String())
	write(filepath.Join(project, "m.go"), source.String()+")\n")
	return dir
}

// TestManyModules finds the one file of 300 modules that was changed: those that were written to
// are read first.
func TestManyModules(t *testing.T) {
	needGo(t)
	dir := bigProject(t, 300)
	for name, value := range map[string]string{"GOMODCACHE": filepath.Join(dir, "modcache"), "GOPROXY": "off", "GOSUMDB": "off", "GOFLAGS": "", "GOWORK": "off"} {
		t.Setenv(name, value)
	}
	o := Options{Dir: filepath.Join(dir, "project")}
	r := look(t, o, "go.sum")
	assert.Equal(t, OK, r.Status, "%s %v", r.Summary, r.Evidence)
	changed := filepath.Join(dir, "modcache", "example.com", "dep250@v1.0.0", "f3.go")
	require.NoError(t, os.WriteFile(changed, []byte("package dep250\n"), 0o644))
	later := time.Now().Add(time.Hour)
	require.NoError(t, os.Chtimes(changed, later, later))
	assert.Eventually(t, func() bool { // a machine that stands still reads none in time
		r = look(t, o, "go.sum")
		return r.Status == Error
	}, 30*time.Second, time.Millisecond, "%s", r.Summary)
	assert.Contains(t, r.Evidence[0], "example.com/dep250 v1.0.0")
}

// BenchmarkRun makes all checks for a project with 300 dependencies.
func BenchmarkRun(b *testing.B) {
	dir := bigProject(b, 300)
	b.Setenv("GOMODCACHE", filepath.Join(dir, "modcache"))
	for b.Loop() {
		if _, err := Run(b.Context(), Options{Dir: filepath.Join(dir, "project")}); err != nil {
			b.Fatal(err)
		}
	}
}
