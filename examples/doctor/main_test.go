package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/consolex"
	"github.com/surefoot-go/surefoot/internal/doctor"
)

// call runs the doctor as from a pipe, in an environment that has only env.
func call(t *testing.T, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, terminal{stdout: &out, stderr: &err, outIs: consolex.Pipe, errIs: consolex.Pipe,
		goos: runtime.GOOS, getenv: func(name string) string { return env[name] }, prepare: consolex.UTF8})
	return code, out.String(), err.String()
}

func TestJSON(t *testing.T) {
	code, out, stderr := call(t, nil, "--json", "--only", "net.stack,con.cp", "--lang", "en")
	assert.Contains(t, []int{0, 1}, code, stderr)
	var report doctor.Report
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	assert.Equal(t, 1, report.Schema)
	require.Len(t, report.Results, 2)
	assert.Equal(t, "net.stack", report.Results[0].ID)
	assert.NotEmpty(t, report.Results[0].Summary)
	var raw map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &raw))
	for _, key := range []string{"schema", "os", "arch", "lang", "results", "counts", "ms"} {
		assert.Contains(t, raw, key)
	}
}

func TestText(t *testing.T) {
	_, out, _ := call(t, map[string]string{"LANG": "C"}, "--only", "net", "--lang", "en")
	assert.NotContains(t, out, "\x1b", "no colour in a pipe")
	assert.Contains(t, out, "Network\n")
	assert.Contains(t, out, " unknown, ")
	_, out, _ = call(t, map[string]string{"LANG": "zh_CN.UTF-8"}, "--only", "net", "--lang", "zh")
	assert.Contains(t, out, "正常")
}

func TestList(t *testing.T) {
	code, out, _ := call(t, nil, "--list")
	assert.Zero(t, code)
	assert.Equal(t, len(doctor.Checks()), strings.Count(out, "\n"))
}

func TestUsage(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--only", "gopher"}, `no check "gopher"`},
		{[]string{"--port", "http"}, "--port http"},
		{[]string{"--port", "70000"}, "--port 70000"},
		{[]string{"--lang", "fr"}, "want zh or en"},
		{[]string{"now"}, `unexpected argument "now"`},
		{[]string{"--frobnicate"}, "frobnicate"},
	} {
		code, _, stderr := call(t, nil, test.args...)
		assert.Equal(t, 2, code, test.args)
		assert.Contains(t, stderr, test.want)
	}
}

// TestProgress: on a terminal only, on stderr, and nothing stays of it.
func TestProgress(t *testing.T) {
	var out, err bytes.Buffer
	prepared, restored := 0, 0
	term := terminal{stdout: &out, stderr: &err, outIs: consolex.Console, errIs: consolex.Console, goos: runtime.GOOS,
		getenv: func(string) string { return "" },
		prepare: func() (func() error, error) {
			prepared++
			return func() error { restored++; return nil }, nil
		}}
	run(t.Context(), []string{"--only", "net,con", "--json"}, term)
	assert.True(t, json.Valid(out.Bytes()), "%s", out.String())
	assert.Regexp(t, `^(\r\d+/\d+ )+\r +\r$`, err.String())
	assert.Zero(t, prepared, "JSON needs no escape sequences")
	out.Reset()
	run(t.Context(), []string{"--only", "net,con"}, term)
	assert.Contains(t, out.String(), "\x1b[1m")
	assert.Equal(t, 1, prepared)
	assert.Equal(t, 1, restored)
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, err bytes.Buffer
	code := run(ctx, []string{"--json"}, terminal{stdout: &out, stderr: &err, goos: runtime.GOOS, getenv: func(string) string { return "" }})
	assert.Equal(t, 2, code)
	assert.Empty(t, out.String())
	assert.Equal(t, "doctor: interrupted: context canceled\n", err.String())
}

func TestStrict(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir(".vscode", 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(".vscode", "launch.json"), []byte("{"), 0o644)) // broken: a warning
	code, out, _ := call(t, nil, "--only", "dbg", "--lang", "en")
	assert.Zero(t, code, out)
	code, _, _ = call(t, nil, "--only", "dbg", "--strict")
	assert.Equal(t, 1, code)
}

func TestTextOptions(t *testing.T) {
	options := func(goos string, outIs consolex.Kind, plain bool, env map[string]string) doctor.TextOptions {
		return terminal{goos: goos, outIs: outIs, getenv: func(name string) string { return env[name] }}.options(plain)
	}
	for _, test := range []struct {
		name  string
		goos  string
		outIs consolex.Kind
		plain bool
		env   map[string]string
		want  doctor.TextOptions
	}{
		{"terminal", "linux", consolex.Pty, false, map[string]string{"LANG": "C.UTF-8"}, doctor.TextOptions{Color: true, Unicode: true, Shell: "sh"}},
		{"NO_COLOR", "linux", consolex.Pty, false, map[string]string{"NO_COLOR": "1", "LC_ALL": "zh_CN.utf8", "LANG": "C"}, doctor.TextOptions{Unicode: true, Shell: "sh"}},
		{"NO_COLOR is empty", "linux", consolex.Pty, false, map[string]string{"NO_COLOR": ""}, doctor.TextOptions{Color: true, Shell: "sh"}},
		{"dumb", "freebsd", consolex.Pty, false, map[string]string{"TERM": "dumb"}, doctor.TextOptions{Shell: "sh"}},
		{"pipe", "darwin", consolex.Pipe, true, map[string]string{"LC_CTYPE": "UTF-8", "LANG": "en_US.UTF-8", "LC_ALL": "C"}, doctor.TextOptions{Shell: "sh"}},
		{"console", "windows", consolex.Console, false, nil, doctor.TextOptions{Color: true, Unicode: true}},
		{"legacy console", "windows", consolex.Console, true, nil, doctor.TextOptions{}},
		{"file", "windows", consolex.File, true, nil, doctor.TextOptions{Unicode: true}},
		{"Git Bash", "windows", consolex.MSYS, false, map[string]string{"MSYSTEM": "MINGW64"}, doctor.TextOptions{Color: true, Unicode: true, Shell: "sh"}},
	} {
		assert.Equal(t, test.want, options(test.goos, test.outIs, test.plain, test.env), test.name)
	}
}
