package main

import (
	"bytes"
	"errors"
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

	"github.com/surefoot-go/surefoot/internal/adopt/kit"
)

// TestPrograms takes each program through its life as a process.
func TestPrograms(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process of Windows can't be asked to end by a signal; as services see the command")
	}
	if testing.Short() {
		t.Skip("builds twenty programs")
	}
	dir, err := os.MkdirTemp("", "adopt-") // PostgreSQL runs under another account: t.TempDir is closed to it
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) {
			source, err := os.ReadFile(filepath.Join("programs", p.name, "main.go")) // the go command runs the test again if it changes
			require.NoError(t, err)
			assert.LessOrEqual(t, bytes.Count(source, []byte("\n")), 125, "too long to learn from")
			var url string
			if p.backend != nil {
				b, err := p.backend(dir)
				if reason, ok := errors.AsType[skip](err); ok {
					t.Skip(reason)
				}
				require.NoError(t, err)
				defer func() { assert.NoError(t, b.stop()) }()
				url = b.url
			}
			file, err := p.build(t.Context(), runtime.GOOS, dir)
			require.NoError(t, err)
			version, err := p.version(file)
			require.NoError(t, err)
			assert.Regexp(t, `^(v|Go )\d`, version)
			_, err = try(t.Context(), &processes{dir: dir}, p.name, file, url, nil)
			assert.NoError(t, err)
			require.NoError(t, os.Remove(file)) // half a gigabyte in all
		})
	}
}

// TestTrial checks that the errors of a broken program are detected.
func TestTrial(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process of Windows can't be asked to end by a signal")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "broken")
	_, err := output(exec.CommandContext(t.Context(), "go", "build", "-o", file, "./testdata/broken"))
	require.NoError(t, err)
	for fault, want := range map[string]string{
		"none":             "",
		"never ready":      "start: it can't start",
		"one family":       "one request over each family: exit status 1",
		"ignores a reload": `load: .* never "served as newly set": `,
		"down in a reload": `load: .* 503 Service Unavailable`,
		"cuts off":         `of \d+ requests \d+ were answered`,
		"leaks":            `leaked goroutines: main\.serve\.func\d`,
		"leaves a child":   `left processes: \d`,
		"fails":            "it fails at its end",
		"dies":             "stop under load: exit status 7",
	} {
		t.Run(fault, func(t *testing.T) {
			if fault == "leaves a child" && runtime.GOOS != "linux" {
				t.Skip("needs /proc")
			}
			if fault == "ignores a reload" {
				defer func(old time.Duration) { reloadsWithin = old }(reloadsWithin)
				reloadsWithin = time.Second
			}
			_, err := try(t.Context(), &processes{dir: dir}, "broken", file, fault, nil)
			if want == "" {
				require.NoError(t, err)
			} else {
				require.Error(t, err)
				assert.Regexp(t, want, err.Error())
			}
		})
	}
}

// TestTable compares the READMEs' table with the programs: one row each, none left out.
func TestTable(t *testing.T) {
	for _, name := range readmes {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		section := marked.FindString(string(text))
		require.NotEmpty(t, section, name)
		for _, p := range programs {
			assert.Regexp(t, `(?m)^\| `+regexp.QuoteMeta(p.what)+` +\| `, section, name)
		}
		assert.Equal(t, len(programs)+2, strings.Count(section, "\n|"), name)
	}
}

func TestCell(t *testing.T) {
	for want, test := range map[string]struct {
		report kit.Report
		err    error
	}{
		"yes":                                 {},
		"yes; 2 goroutines of its own remain": {report: kit.Report{Remains: []string{"a", "b"}}},
		"skipped: needs Redis":                {err: errors.Join(errors.New("start"), skip("needs Redis"))},
		`**no**: a \| b more`:                 {err: errors.New("a | b\nmore")},
		"**no**: " + strings.Repeat("字", 200) + "…": {err: errors.New(strings.Repeat("字", 201))},
	} {
		assert.Equal(t, want, cell(test.report, test.err))
	}
}

func TestFill(t *testing.T) {
	const empty = "before\n<!-- adopt -->\n<!-- /adopt -->\nafter\n"
	filled, err := fill(empty, markdown([][]string{{"what", "版本"}, {"x", "long"}}))
	require.NoError(t, err)
	const want = `before
<!-- adopt -->

| what | 版本   |
| ---- | ---- |
| x    | long |

<!-- /adopt -->
after
`
	assert.Equal(t, want, filled)
	again, err := fill(filled, "$1 text")
	require.NoError(t, err)
	assert.Equal(t, strings.Replace(empty, "-->\n<", "-->\n\n$1 text\n\n<", 1), again)
	_, err = fill("no markers", "text")
	assert.Error(t, err)
}

// TestReport checks the report of a program that has failed.
func TestReport(t *testing.T) {
	good := kit.Report{Begun: 1, Events: 1}
	assert.NoError(t, good.Check())
	for want, change := range map[string]func(*kit.Report){
		"it fails":                 func(r *kit.Report) { r.Err = "it fails" },
		"leaked goroutines: a; b":  func(r *kit.Report) { r.Leaks = []string{"a", "b"} },
		"left processes: 7":        func(r *kit.Report) { r.Children = "7" },
		"has 0 events, and lost 0": func(r *kit.Report) { r.Events = 0 },
		"has 1 events, and lost 2": func(r *kit.Report) { r.Lost = 2 },
	} {
		bad := good
		change(&bad)
		assert.ErrorContains(t, bad.Check(), want)
	}
}
