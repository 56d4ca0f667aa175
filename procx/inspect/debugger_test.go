package inspect

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// What BuildOf says of a binary is what delve then meets.
func TestVerdictsAgainstDelve(t *testing.T) {
	dlv := delve(t)
	for _, tt := range builds {
		t.Run(tt.name, func(t *testing.T) {
			exe := build(t, tt.flags...)
			r, err := BuildOf(exe)
			require.NoError(t, err)
			hits := breakpoints(t, dlv, exe, "main.double", debuggee+"/lib.Add")
			switch r.Verdict {
			case Debuggable:
				assert.Equal(t, []string{"main.double", debuggee + "/lib.Add"}, hits)
			case MainOnly:
				assert.Contains(t, hits, "main.double")
				assert.Equal(t, len(r.Unoptimized), len(hits), "as many as there are packages in %v", r.Unoptimized)
			default:
				assert.Empty(t, hits)
			}
		})
	}
}

// breakpoints sets breakpoints on functions and returns those that hit as in
// the source: in the function itself, not optimised.
func breakpoints(t *testing.T, dlv, exe string, functions ...string) (hits []string) {
	t.Helper()
	var script strings.Builder
	for _, f := range functions {
		fmt.Fprintf(&script, "break %s\n", f)
	}
	script.WriteString(strings.Repeat("continue\n", len(functions)+1) + "exit\n")
	cmd := exec.CommandContext(t.Context(), dlv, "exec", "--allow-non-terminal-interactive=true", exe)
	cmd.Env = append(os.Environ(), "TERM=dumb", "XDG_CONFIG_HOME="+t.TempDir())
	cmd.Stdin = strings.NewReader(script.String())
	out, err := cmd.CombinedOutput()
	if err != nil && strings.Contains(string(out), "could not launch process") && !strings.Contains(string(out), "debug info") {
		t.Skipf("delve can't start processes here: %s", out)
	}
	if strings.Contains(string(out), "no debug info found") {
		return nil // it may stop at a function that the symbols name, but shows no variable
	}
	for _, m := range regexp.MustCompile(`> (?:\[Breakpoint \d+\] )?(\S+)\(\) .*\n(Warning: debugging optimized function)?`).FindAllStringSubmatch(string(out), -1) {
		if m[2] == "" {
			hits = append(hits, m[1])
		}
	}
	return hits
}

// delve builds the debugger.
func delve(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds delve")
	}
	dir := t.TempDir()
	cmd := goCommand(t, "install", "github.com/go-delve/delve/cmd/dlv@latest")
	cmd.Env = append(cmd.Env, "GOBIN="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("delve can't be had: %v\n%s", err, out)
	}
	names, err := filepath.Glob(filepath.Join(dir, "dlv*"))
	require.NoError(t, err)
	require.Len(t, names, 1)
	return names[0]
}

func attached([]string) int {
	fmt.Println(DebuggerAttached())
	return 0
}

func TestDebuggerAttached(t *testing.T) {
	got, err := DebuggerAttached()
	if err != nil {
		t.Skip(err)
	}
	assert.False(t, got)
	t.Run("delve", func(t *testing.T) {
		cmd := testenv.Command(t, "attached")
		debugged := exec.CommandContext(t.Context(), delve(t), "exec", "--allow-non-terminal-interactive=true", cmd.Path)
		debugged.Env = append(cmd.Env, "TERM=dumb", "XDG_CONFIG_HOME="+t.TempDir())
		debugged.Stdin = strings.NewReader("continue\nexit\n")
		out, err := debugged.CombinedOutput()
		if err != nil && strings.Contains(string(out), "could not launch process") {
			t.Skipf("delve can't start processes here: %s", out)
		}
		assert.Contains(t, string(out), "true <nil>")
	})
}

func TestTraced(t *testing.T) {
	for _, tt := range []struct {
		status string
		want   bool
		fails  bool
	}{
		{"Name:\tsh\nPid:\t7\nTracerPid:\t0\nUid:\t0\n", false, false},
		{"Name:\tsh\nPid:\t7\nTracerPid:\t4711\nUid:\t0\n", true, false},
		{"Name:\tTracerPid:1\n", false, true},
	} {
		got, err := traced(tt.status)
		assert.Equal(t, tt.want, got)
		assert.Equal(t, tt.fails, err != nil)
	}
}
