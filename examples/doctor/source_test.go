//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/doctor"
)

// cleanLine is the README's line that builds the doctor whatever is wrong with the environment.
var cleanLine = regexp.MustCompile(`(?m)^    (env -i .* bin/doctor)$`)

// TestFromSource breaks the environment in the ways that stop go run, and types the README's line:
// the doctor starts, and finds what is broken.
func TestFromSource(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the doctor")
	}
	out, err := exec.CommandContext(t.Context(), "go", "env", "-json", "GOCACHE", "GOMODCACHE").Output()
	if err != nil {
		t.Skip("needs the go command: ", err)
	}
	var env struct{ GOCACHE, GOMODCACHE string }
	require.NoError(t, json.Unmarshal(out, &env))
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	require.NoError(t, err)
	found := cleanLine.FindSubmatch(readme)
	require.NotNil(t, found, "README.md has no line that builds the doctor in a clean environment")
	bin := t.TempDir()
	line := strings.ReplaceAll(string(found[1]), "bin/", bin+"/")

	// The home has this account's caches, so that not everything is built and downloaded again.
	home := t.TempDir()
	for from, to := range map[string]string{env.GOCACHE: ".cache/go-build", env.GOMODCACHE: "go/pkg/mod"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(home, to)), 0o755))
		require.NoError(t, os.Symlink(from, filepath.Join(home, to)))
	}
	empty := t.TempDir() // and its module cache is made read-only
	require.NoError(t, os.MkdirAll(filepath.Join(empty, ".cache"), 0o755))
	require.NoError(t, os.Symlink(env.GOCACHE, filepath.Join(empty, ".cache", "go-build")))
	t.Cleanup(func() {
		filepath.WalkDir(empty, func(path string, d os.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				return os.Chmod(path, 0o755)
			}
			return nil
		})
	})

	for _, test := range []struct {
		name, home string
		set        []string
		check      string
		want       doctor.Status
	}{
		{"GOOS left set", home, []string{"GOOS=windows"}, "go.target", doctor.Error},
		{"GO111MODULE=off", home, []string{"GO111MODULE=off"}, "go.mode", doctor.Error},
		{"GOROOT", home, []string{"GOROOT=/nonexistent"}, "go.goroot", doctor.Error},
		{"GOFLAGS", home, []string{"GOFLAGS=-nonsense"}, "go.build", doctor.Error},
		{"GOCACHE=off", home, []string{"GOCACHE=off"}, "go.cache", doctor.Error},
		{"GOPATH=~", home, []string{"GOPATH=~"}, "go.gopath", doctor.Error},
		{"GOTMPDIR", home, []string{"GOTMPDIR=/nonexistent"}, "go.tmp", doctor.Error},
		{"an empty module cache", empty, []string{"GOMODCACHE=" + t.TempDir()}, "go.sum", doctor.Unknown},
		{"GOTOOLCHAIN", home, []string{"GOTOOLCHAIN=go1.99.0"}, "go.version", doctor.Error},
		{"CC", home, []string{"CC=/nonexistent/cc", "CGO_ENABLED=1"}, "cgo.cc", doctor.Error},
		{"GOWORK", home, []string{"GOWORK=/nonexistent/go.work"}, "go.build", doctor.Error},
	} {
		t.Run(test.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "sh", "-c", line+" --json --only go,cgo")
			cmd.Dir = filepath.Join("..", "..")
			cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + test.home, "GOPROXY=file://" + env.GOMODCACHE + "/cache/download"}, test.set...)
			out, err := cmd.Output()
			var exit *exec.ExitError
			if errors.As(err, &exit) && test.want == doctor.Error {
				assert.Equal(t, 1, exit.ExitCode(), "%s", exit.Stderr)
				err = nil
			}
			require.NoError(t, err)
			var report doctor.Report
			require.NoError(t, json.Unmarshal(out, &report), "%s", out)
			for _, r := range report.Results {
				if r.ID == test.check {
					assert.Equal(t, test.want, r.Status, r.Summary)
				} else {
					assert.NotEqual(t, doctor.Error, r.Status, "%s: one broken thing is one finding: %s", r.ID, r.Summary)
				}
			}
		})
	}
}
