package loop

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/procx/inspect"
)

// TestBuildForADebugger: what is built with Debug is what a debugger needs; what
// is built without has nothing for it.
func TestBuildForADebugger(t *testing.T) {
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
