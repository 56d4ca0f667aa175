package main

import (
	"bytes"
	"encoding/json"
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
	code = run(t.Context(), args, &out, &err, consolex.Pipe, func(name string) string { return env[name] })
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

func TestTextOptions(t *testing.T) {
	options := func(terminal bool, env map[string]string) doctor.TextOptions {
		return textOptions("en", terminal, func(name string) string { return env[name] })
	}
	assert.True(t, options(true, nil).Color)
	assert.False(t, options(false, nil).Color)
	assert.False(t, options(true, map[string]string{"NO_COLOR": "1"}).Color)
	assert.False(t, options(true, map[string]string{"TERM": "dumb"}).Color)
	assert.True(t, options(true, map[string]string{"LC_ALL": "zh_CN.UTF-8"}).Unicode)
}
