package inspect

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestDelve(t *testing.T) {
	t.Parallel()
	dlv := delve(t)
	// BuildOf's report must match delve's behaviour.
	for _, tt := range builds {
		if !tt.debug {
			continue
		}
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
	t.Run("paths of a trimmed binary", func(t *testing.T) {
		exe := build(t, "-gcflags=all=-N -l", "-trimpath")
		r, err := BuildOf(exe)
		require.NoError(t, err)
		require.Len(t, r.SubstitutePath, 1)
		local, err := filepath.Abs(filepath.Join("testdata", "debuggee"))
		require.NoError(t, err)
		breakpoint := "break " + filepath.Join(local, "lib", "lib.go") + ":7\ncontinue\n"
		assert.Contains(t, runDelve(t, dlv, exe, breakpoint, os.Environ()), "not found")
		configured := fmt.Sprintf("config substitute-path %s %s\n", r.SubstitutePath[0].Binary, local)
		assert.Contains(t, runDelve(t, dlv, exe, configured+breakpoint, os.Environ()), debuggee+"/lib.Add() ")
	})
	t.Run("attached", func(t *testing.T) {
		cmd := testenv.Command(t, "attached")
		assert.Contains(t, runDelve(t, dlv, cmd.Path, "continue\n", cmd.Env), "true <nil>")
	})
}

// breakpoints sets breakpoints on functions and returns those that hit as in the source: in the
// function itself, not optimised.
func breakpoints(t *testing.T, dlv, exe string, functions ...string) (hits []string) {
	t.Helper()
	var script strings.Builder
	for _, f := range functions {
		fmt.Fprintf(&script, "break %s\n", f)
	}
	script.WriteString(strings.Repeat("continue\n", len(functions)+1))
	out := runDelve(t, dlv, exe, script.String(), os.Environ())
	if strings.Contains(out, "no symbol section") {
		return nil // it does not start at all
	}
	if strings.Contains(out, "no debug info found") {
		return nil // it may stop at a function that the symbols name, but shows no variable
	}
	t.Logf("%s", out)
	stop := regexp.MustCompile(`> (?:\[Breakpoint \d+\] )?(\S+)\(\) `)
	for answer := range strings.SplitSeq(out, "(dlv) ") {
		if m := stop.FindStringSubmatch(answer); m != nil && !strings.Contains(answer, "Warning: debugging optimized function") {
			hits = append(hits, m[1])
		}
	}
	return hits
}

// runDelve runs delve on a program and returns what both print.
func runDelve(t *testing.T, dlv, exe, script string, env []string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, dlv, "exec", "--allow-non-terminal-interactive=true", exe)
	cmd.Env = append(env, "TERM=dumb", "XDG_CONFIG_HOME="+t.TempDir())
	cmd.Stdin = strings.NewReader(script + "exit\n")
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil && runtime.GOOS == "darwin" || err != nil && strings.Contains(string(out), "could not launch process") && !strings.Contains(string(out), "no symbol section") {
		t.Skipf("delve can't debug here: %v\n%s", err, out) // macOS wants a password for it
	}
	require.NoError(t, ctx.Err(), "%s", out)
	if strings.Contains(string(out), "no symbol section") {
		return string(out)
	}
	require.Contains(t, string(out), "(dlv) ", "%v", err)
	return string(out)
}

// delve returns the path of the debugger, in the cache of the go command.
func delve(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds delve")
	}
	helper := testenv.Command(t, "path")
	for range 2 { // the first "go run" builds it elsewhere, and deletes that
		cmd := goCommand(t, "run", "-exec", "'"+helper.Path+"'", "github.com/go-delve/delve/cmd/dlv@v1.27.2")
		cmd.Env = append(helper.Env, cmd.Env...)
		out, err := cmd.Output()
		if err != nil {
			t.Skipf("delve can't be had: %v", err)
		}
		if _, err := os.Stat(string(out)); err == nil {
			return string(out)
		}
	}
	t.Skip("delve can't be had: the go command has no cache")
	return ""
}

// path prints the path of the program that it is to run.
func path(args []string) int {
	fmt.Print(args[0])
	return 0
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
