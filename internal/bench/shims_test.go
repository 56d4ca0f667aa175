package bench

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// peers are the modules whose own tests are put to procx, through a shim that has their API.
var peers = []struct {
	shim, module, version, dir string
	tests                      []string // files; the others are of what only the peer has inside
	also                       string   // a directory that the tests need
	cut                        string   // what begins tests of the peer's inside, at the end of a file
	least                      int      // tests that pass
}{
	{shim: "errgroup", module: "golang.org/x/sync", version: "v0.25.0", dir: "errgroup", tests: []string{"errgroup_test.go", "errgroup_example_md5all_test.go"},
		least: 6},
	{shim: "goleak", module: "go.uber.org/goleak", version: "v1.3.0", dir: ".", tests: []string{"leaks_test.go", "utils_test.go", "signal_test.go"},
		also: filepath.Join("internal", "stack"), least: 5},
	{shim: "leaktest", module: "github.com/fortytw2/leaktest", version: "v1.3.0", dir: ".", tests: []string{"leaktest_test.go", "leaktest_utils_test.go"},
		cut: "func TestInterestingGoroutine(", least: 4}, // of their parser
}

func TestPeersTests(t *testing.T) {
	for _, p := range peers {
		t.Run(p.shim, func(t *testing.T) {
			out, err := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", p.module+"@"+p.version).Output()
			if err != nil {
				t.Skipf("%s can't be had: %v", p.module, err)
			}
			var source struct{ Dir string }
			require.NoError(t, json.Unmarshal(out, &source))
			root, err := filepath.Abs(filepath.Join("..", ".."))
			require.NoError(t, err)
			dir := t.TempDir()
			pkg := filepath.Join(dir, p.dir)
			copyTo := func(to string, names ...string) {
				require.NoError(t, os.MkdirAll(to, 0o755))
				for _, name := range names {
					text, err := os.ReadFile(name)
					require.NoError(t, err)
					if p.cut != "" {
						before, _, _ := strings.Cut(string(text), p.cut)
						before = strings.Replace(before, "\t\"errors\"\n", "", 1) // which only that uses
						text = []byte(before)
					}
					require.NoError(t, os.WriteFile(filepath.Join(to, filepath.Base(name)), text, 0o600))
				}
			}
			copyTo(pkg, filepath.Join("testdata", "shims", p.shim, p.shim+".go"))
			for _, name := range p.tests {
				copyTo(pkg, filepath.Join(source.Dir, p.dir, name))
			}
			if p.also != "" {
				names, err := filepath.Glob(filepath.Join(source.Dir, p.also, "*.go"))
				require.NoError(t, err)
				for _, name := range names {
					if !strings.HasSuffix(name, "_test.go") {
						copyTo(filepath.Join(dir, p.also), name)
					}
				}
			}
			copyTo(dir, "go.sum", "go.mod")
			mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
			require.NoError(t, err)
			text := strings.Replace(string(mod), "module github.com/surefoot-go/surefoot/internal/bench", "module "+p.module, 1)
			text = strings.Replace(text, "=> ../..", "=> "+filepath.ToSlash(root), 1)
			text = regexp.MustCompile(`(?m)^\s+`+regexp.QuoteMeta(p.module)+` v.*\n`).ReplaceAllString(text, "")
			require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte(text), 0o600))

			cmd := exec.CommandContext(t.Context(), "go", "test", "-mod=mod", "-count=1", "-v", "-timeout=3m", ".")
			cmd.Dir = pkg
			cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local")
			verdicts, err := cmd.CombinedOutput()
			assert.NoError(t, err, "%s", verdicts)
			passed := len(regexp.MustCompile(`(?m)^--- PASS: `).FindAll(verdicts, -1))
			assert.GreaterOrEqual(t, passed, p.least, "%s", verdicts)
		})
	}
}
