package inspect

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestMain(m *testing.M) {
	testenv.Main(m, map[string]func([]string) int{"attached": attached, "path": path})
}

const debuggee = "example.com/debuggee"

var builds = []struct {
	name        string
	flags       []string
	want        Verdict
	unoptimized []string
	debug       bool // also by delve
	everywhere  bool // also for other systems
}{
	{"plain", nil, Optimized, nil, true, false},
	{"main only", []string{"-gcflags=-N -l"}, MainOnly, []string{"main"}, true, true},
	{"module only", []string{"-gcflags=" + debuggee + "/...=-N -l"}, MainOnly, []string{debuggee + "/lib", "main"}, true, false},
	{"all", []string{"-gcflags=all=-N -l"}, Debuggable, nil, true, false},
	{"all, trimmed", []string{"-gcflags=all=-N -l", "-trimpath"}, Debuggable, nil, false, false},
	{"no inlining", []string{"-gcflags=all=-l"}, Optimized, nil, false, false},
	{"without DWARF", []string{"-ldflags=-w -X main.version=1"}, Stripped, nil, true, true},
	{"without symbols", []string{"-ldflags=-s", "-gcflags=all=-N -l"}, Stripped, nil, false, false},
	{"without symbols, with DWARF", []string{"-ldflags=-s -w=0 -X main.version=1", "-gcflags=all=-N -l"}, Stripped, nil, true, true},
	{"without DWARF, trimmed", []string{"-ldflags=-w", "-trimpath"}, Stripped, nil, false, false},
}

func TestBuildOf(t *testing.T) {
	t.Parallel()                 // as all that wait for the go command do
	fixed := map[string]Report{} // by the command
	for _, tt := range builds {
		t.Run(tt.name, func(t *testing.T) {
			r, err := BuildOf(build(t, tt.flags...))
			require.NoError(t, err)
			assert.Equal(t, tt.want, r.Verdict, r.Reason)
			assert.NotEmpty(t, r.Reason)
			assert.Equal(t, r.Trimpath, len(r.SubstitutePath) == 1)
			if tt.want != Debuggable && !strings.HasPrefix(tt.name, "without symbols") {
				assert.Equal(t, tt.unoptimized, r.Unoptimized)
			}
			assert.Equal(t, tt.want != Stripped || tt.name == "without symbols, with DWARF", r.DWARF)
			assert.Equal(t, slices.Contains(tt.flags, "-trimpath"), r.Trimpath)
			assert.Equal(t, debuggee, r.Package)
			assert.Equal(t, runtime.Version(), r.GoVersion)
			assert.Equal(t, runtime.GOOS+"/"+runtime.GOARCH, r.GOOS+"/"+r.GOARCH)
			for _, flag := range tt.flags {
				if value, ok := strings.CutPrefix(flag, "-gcflags="); ok {
					assert.Equal(t, value, r.GCFlags)
				}
			}
			if tt.want == Debuggable {
				assert.Empty(t, r.Fix)
				assert.Equal(t, r.Trimpath, strings.Contains(r.Reason, "substitutePath"), r.Reason)
				return
			}
			t.Log(r.Fix)
			m, done := fixed[r.Fix]
			if !done {
				m, err = BuildOf(run(t, r.Fix))
				require.NoError(t, err)
				fixed[r.Fix] = m
			}
			assert.Equal(t, Debuggable, m.Verdict, m.Reason)
			if strings.Contains(r.LDFlags, "-X") {
				assert.Equal(t, unstripped(r.LDFlags), m.LDFlags)
			}
		})
	}
}

func TestBuildOfOtherSystems(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the runtime for other systems")
	}
	t.Parallel()
	for _, system := range []string{"linux/arm64", "windows/amd64", "darwin/arm64"} {
		t.Run(system, func(t *testing.T) {
			goos, goarch, _ := strings.Cut(system, "/")
			env := []string{"GOOS=" + goos, "GOARCH=" + goarch, "CGO_ENABLED=0"}
			for _, tt := range builds {
				if !tt.everywhere {
					continue
				}
				exe := goBuild(t, filepath.Join("testdata", "debuggee"), env, append([]string{"-buildvcs=false"}, tt.flags...)...)
				require.NotEmpty(t, exe)
				r, err := BuildOf(exe)
				require.NoError(t, err)
				assert.Equal(t, tt.want, r.Verdict, "%s: %s", tt.name, r.Reason)
				assert.Equal(t, system, r.GOOS+"/"+r.GOARCH)
				assert.False(t, r.CGO)
			}
		})
	}
}

func TestBuildOfSettings(t *testing.T) {
	t.Parallel()
	r, err := BuildOf(build(t, "-tags=one,two", "-cover"))
	require.NoError(t, err)
	assert.True(t, r.Cover)
	assert.Equal(t, "one,two", r.Tags)
	assert.Contains(t, r.Fix, "-tags=one,two")
	assert.False(t, r.Race)
	if exe := tryBuild(t, "-race"); exe != "" {
		r, err := BuildOf(exe)
		require.NoError(t, err)
		assert.True(t, r.Race)
		assert.Contains(t, r.Fix, "-race")
	}
}

func TestBuildOfVCS(t *testing.T) {
	t.Parallel()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("needs git")
	}
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "debuggee"))))
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "first"}} {
		cmd := exec.Command(git, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	exe := goBuild(t, dir, nil, "-buildvcs=true")
	require.NotEmpty(t, exe)
	r, err := BuildOf(exe)
	require.NoError(t, err)
	assert.Equal(t, "git", r.VCS.System)
	assert.Regexp(t, "^[0-9a-f]{40}", r.VCS.Revision)
	assert.False(t, r.VCS.Time.IsZero())
	assert.False(t, r.VCS.Modified)
}

func TestBuildOfErrors(t *testing.T) {
	_, err := BuildOf(filepath.Join(t.TempDir(), "none"))
	assert.ErrorIs(t, err, fs.ErrNotExist)
	_, err = BuildOf(filepath.Join("testdata", "debuggee", "main.go"))
	assert.ErrorContains(t, err, "main.go")
	damaged := filepath.Join(t.TempDir(), "damaged")
	require.NoError(t, os.WriteFile(damaged, []byte("\x7fELF\x02\x01\x01"), 0o600))
	_, err = BuildOf(damaged)
	assert.ErrorContains(t, err, "damaged")
}

func TestBuild(t *testing.T) {
	r := Build()
	assert.Equal(t, runtime.Version(), r.GoVersion)
	assert.NotEqual(t, Unknown, r.Verdict, r.Reason)
	assert.True(t, strings.HasSuffix(r.Package, "inspect.test"), r.Package)
	if r.Fix != "" {
		assert.Contains(t, r.Fix, "go test -c")
	}
	text, err := json.Marshal(r)
	require.NoError(t, err)
	assert.Contains(t, string(text), `"Verdict":"`+r.Verdict.String()+`"`)
}

func TestJudge(t *testing.T) {
	pkg := func(name, flags string) unit { return unit{name, "Go cmd/compile go1.26.8; " + flags + "regabi"} }
	for _, tt := range []struct {
		name  string
		units []unit
		dwarf bool
		want  Verdict
	}{
		{"nothing by gc", nil, true, Unknown},
		{"no DWARF", nil, false, Stripped},
		{"runtime without -N", []unit{pkg("main", "-N -l "), pkg("runtime", "-l "), pkg("fmt", "-N -l ")}, true, Debuggable},
		{"standard library optimised", []unit{pkg("main", "-N -l "), pkg("fmt", "")}, true, MainOnly},
		{"-l alone in a dependency", []unit{pkg("main", "-N -l "), pkg("a.org/b", "-l ")}, true, MainOnly},
		{"-N alone", []unit{pkg("main", "-N ")}, true, Optimized},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := Report{DWARF: tt.dwarf}
			r.judge(tt.units)
			assert.Equal(t, tt.want, r.Verdict)
			assert.NotEmpty(t, r.Reason)
		})
	}
	assert.Equal(t, "Verdict(99)", Verdict(99).String())
}

// build builds the debuggee with flags and returns the binary's path.
func build(t *testing.T, flags ...string) string {
	t.Helper()
	exe := tryBuild(t, flags...)
	require.NotEmpty(t, exe)
	return exe
}

func tryBuild(t *testing.T, flags ...string) string {
	t.Helper()
	return goBuild(t, filepath.Join("testdata", "debuggee"), nil, append([]string{"-buildvcs=false"}, flags...)...)
}

func goBuild(t *testing.T, dir string, env []string, flags ...string) string {
	t.Helper()
	exe := filepath.Join(t.TempDir(), "debuggee.exe")
	args := append([]string{"build", "-o", exe}, flags...)
	cmd := goCommand(t, append(args, ".")...)
	cmd.Dir, cmd.Env = dir, append(cmd.Env, env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Logf("go %q: %v\n%s", args, err, out)
		return ""
	}
	return exe
}

func goCommand(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("needs the go command")
	}
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOTOOLCHAIN=local")
	return cmd
}

// run runs a Fix in a shell and returns the path of the resulting binary.
func run(t *testing.T, fix string) string {
	t.Helper()
	exe := filepath.Join(t.TempDir(), "fixed.exe")
	require.Contains(t, fix, "go build ")
	fix = strings.Replace(fix, "go build ", `go build -buildvcs=false -o "`+exe+`" `, 1)
	shell := []string{"sh", "-c"}
	if runtime.GOOS == "windows" {
		shell = []string{"powershell", "-NoProfile", "-Command"}
	}
	if _, err := exec.LookPath(shell[0]); err != nil {
		t.Skip("needs " + shell[0])
	}
	cmd := exec.CommandContext(t.Context(), shell[0], append(shell[1:], fix)...)
	cmd.Env = goCommand(t).Env
	cmd.Dir = filepath.Join("testdata", "debuggee")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s", fix, out)
	return exe
}
