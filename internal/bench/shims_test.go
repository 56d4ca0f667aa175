package bench

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// peers are the modules whose own tests are put to procx and svcx, through a shim that has their
// API.
//
// Of kardianos/service two tests are about what both do: a service that is interrupted, and one
// that is installed, started, restarted, stopped and removed, under the SCM. The others are of its
// inside: its templates, its version numbers, its names of platforms, and unit files in its own
// words. Of golang.org/x/sys/windows/svc it is those that ask what has started the process.
// TestExample builds x/sys's own example and reads its events by wevtutil, and the tests of mgr are
// about calls that svcx has no API for.
var peers = []struct {
	shim, module, version, dir string
	tests                      []string // files; the others are of what only the peer has inside
	also                       string   // a directory that the tests need
	cut                        string   // what begins tests of the peer's inside
	until                      string   // what comes behind them; "": they are at the end of a file
	without                    []string // lines of imports that only those need
	windows                    bool     // it runs on Windows, or under Wine
	tags                       string
	run                        string // which tests; "": all
	least                      int    // tests that pass
}{
	{shim: "errgroup", module: "golang.org/x/sync", version: "v0.25.0", dir: "errgroup", tests: []string{"errgroup_test.go", "errgroup_example_md5all_test.go"},
		least: 6},
	{shim: "goleak", module: "go.uber.org/goleak", version: "v1.3.0", dir: ".", tests: []string{"leaks_test.go", "utils_test.go", "signal_test.go"},
		also: filepath.Join("internal", "stack"), least: 5},
	{shim: "leaktest", module: "github.com/fortytw2/leaktest", version: "v1.3.0", dir: ".", tests: []string{"leaktest_test.go", "leaktest_utils_test.go"},
		cut: "func TestInterestingGoroutine(", without: []string{`"errors"`}, least: 4}, // of their parser
	{shim: "kardianos", module: "github.com/kardianos/service", version: "v1.3.0", dir: ".",
		tests: []string{"service_test.go", "service_nosu_test.go", "servicetest_unix_test.go"}, run: "TestRunInterrupt", least: 1},
	{shim: "kardianos", module: "github.com/kardianos/service", version: "v1.3.0", dir: ".",
		tests: []string{"service_test.go", "service_su_test.go", "servicetest_windows_test.go"}, windows: true, tags: "su",
		run: "TestInstallRunRestartStopRemove", least: 1},
	{shim: "svc", module: "golang.org/x/sys", version: "v0.50.0", dir: filepath.Join("windows", "svc"), tests: []string{"svc_test.go"}, windows: true,
		cut: "func getState(", until: "func TestIsAnInteractiveSession(", without: []string{`"math/rand"`, `"strings"`, `"golang.org/x/sys/windows/svc/mgr"`},
		least: 3},
}

func TestPeersTests(t *testing.T) {
	for _, p := range peers {
		name := p.shim
		if p.windows {
			name += " on Windows"
		}
		t.Run(name, func(t *testing.T) {
			wine := needWindows(t, p.windows)
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
					if before, after, ok := strings.Cut(string(text), p.cut); ok && p.cut != "" {
						if _, rest, ok := strings.Cut(after, p.until); ok && p.until != "" {
							before += p.until + rest
						}
						for _, line := range p.without {
							before = strings.Replace(before, "\t"+line+"\n", "", 1)
						}
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

			args := []string{"test", "-mod=mod", "-count=1", "-v", "-timeout=3m", "-tags=" + p.tags, "-run=" + p.run}
			cmd := exec.CommandContext(t.Context(), "go", append(append(args, wine...), ".")...)
			cmd.Dir = pkg
			cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local")
			if p.windows {
				cmd.Env = append(cmd.Env, "GOOS=windows", "GOARCH=amd64")
			}
			verdicts, err := cmd.CombinedOutput()
			assert.NoError(t, err, "%s", verdicts)
			passed := len(regexp.MustCompile(`(?m)^--- PASS: `).FindAll(verdicts, -1))
			assert.GreaterOrEqual(t, passed, p.least, "%s", verdicts)
		})
	}
}

// needWindows skips a test of Windows where there is none. It returns the flags of go test with
// which Wine runs it.
func needWindows(t *testing.T, windows bool) (flags []string) {
	switch {
	case windows == (runtime.GOOS == "windows"):
		if windows && os.Getenv("SUREFOOT_CHANGE_MACHINE") != "1" {
			t.Skip("installs services: set SUREFOOT_CHANGE_MACHINE=1 to allow it")
		}
		return nil
	case !windows:
		t.Skip("its tests send signals")
	}
	wine, err := filepath.Abs(filepath.Join("..", "..", ".ci", "wine-exec"))
	require.NoError(t, err)
	if out, err := exec.CommandContext(t.Context(), wine, "cmd", "/c", "exit").CombinedOutput(); err != nil {
		t.Skipf("there is no Wine: %s", out)
	}
	return []string{"-exec=" + wine}
}
