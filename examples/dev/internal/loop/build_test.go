package loop

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/procx/inspect"
)

// TestBuildForDebugger: what is built with Debug is what a debugger needs; what is built without
// has nothing for it.
func TestBuildForDebugger(t *testing.T) {
	needGo(t)
	t.Setenv("GOWORK", "off")
	t.Setenv("GOFLAGS", "")
	module := newModule(t)
	for debug, want := range map[bool]inspect.Verdict{true: inspect.Debuggable, false: inspect.Stripped} {
		tools := &goTools{dir: module, temp: t.TempDir(), debug: debug}
		dir := t.TempDir()
		built := tools.build(t.Context(), dir, []Service{{Name: "alpha", Package: "./cmd/alpha"}})["alpha"]
		require.NotEmpty(t, built.file, built.problem)
		report, err := inspect.BuildOf(built.file)
		require.NoError(t, err)
		assert.Equal(t, want, report.Verdict, report.Reason)
	}
}

// TestBuildDirectly: a save after a build that was recorded does without the go command, unless it
// has something to say.
func TestBuildDirectly(t *testing.T) {
	needGo(t)
	t.Setenv("GORACE", "atexit_sleep_ms=0") // for direct.Record, where this test is built with -race
	t.Setenv("GOWORK", "off")
	t.Setenv("GOFLAGS", "")
	exe, err := os.Executable()
	require.NoError(t, err)
	module := newModule(t)
	tools := &goTools{dir: module, temp: t.TempDir(), recorder: []string{exe, recorder}}
	services := []Service{{Name: "alpha", Package: "./cmd/alpha"}, {Name: "beta", Package: "./cmd/beta"}}
	build := func(services []Service) map[string]made { return tools.build(t.Context(), t.TempDir(), services) }

	require.NotEmpty(t, build(services)["alpha"].file)
	_, err = tools.list(t.Context(), services)
	require.NoError(t, err)
	for _, test := range []struct {
		version, manner string
		direct          bool
	}{{"2", "ok", false}, {"3", "ok", true}, {"4", "ok", true}} {
		saveVersion(t, module, "alpha", test.version, test.manner)
		built := build(services[:1])["alpha"]
		require.NotEmpty(t, built.file, built.problem)
		assert.Equal(t, test.direct, built.direct, test.version)
	}
	assert.False(t, build(services)["beta"].direct, "beta was not recorded")

	save(t, filepath.Join(module, "cmd", "alpha", "version.go"), "package main\n\nconst version, manner = \"5\", missing\n")
	built := build(services)
	assert.Equal(t, "# example.test/cmd/alpha\ncmd/alpha/version.go:3:30: undefined: missing\n", filepath.ToSlash(built["alpha"].problem))
	assert.NotEmpty(t, built["beta"].file)
	saveVersion(t, module, "alpha", "6", "ok")
	assert.True(t, build(services[:1])["alpha"].direct, "after what did not compile")
}

// TestListedAgain: what services are built from is asked again after a build by the go command
// only.
func TestListedAgain(t *testing.T) {
	for _, direct := range []bool{true, false} {
		s, err := New(Config{Dir: t.TempDir(), Output: io.Discard, Services: []Service{{Name: "alpha", Package: "./cmd/alpha"}}})
		require.NoError(t, err)
		s.temp, s.tools = t.TempDir(), instant{direct}
		s.builds.add("alpha", false, time.Now())
		b, err := s.builds.next(t.Context())
		require.NoError(t, err)
		s.buildBatch(b, 1)
		assert.Equal(t, !direct, len(s.relist) == 1)
		assert.True(t, s.runners[0].build.OK)
	}
}

// instant are tools that make nothing.
type instant struct{ direct bool }

func (i instant) build(_ context.Context, _ string, services []Service) map[string]made {
	return map[string]made{services[0].Name: {file: "program", direct: i.direct}}
}

func (instant) list(context.Context, []Service) (map[string]*inputs, error) { return nil, nil }
