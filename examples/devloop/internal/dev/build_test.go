package dev

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/examples/devloop/internal/dev/page"
)

// A change of what both services are made of replaces both.
func TestSharedPackage(t *testing.T) {
	needGo(t)
	dir := newModule(t)
	r := start(t, dir, nil)
	r.awaitVersion("beta", "1")
	file := filepath.Join(dir, "fake", "fake.go")
	source, err := os.ReadFile(file)
	require.NoError(t, err)
	save(t, file, strings.ReplaceAll(string(source), `Set("X-Version", version)`, `Set("X-Version", version+" shared")`))
	r.awaitVersion("alpha", "1 shared")
	r.awaitVersion("beta", "1 shared")
}

// What is built anew and comes out the same is not swapped.
func TestSameProgram(t *testing.T) {
	needGo(t)
	dir := newModule(t)
	r := start(t, dir, nil)
	before := r.awaitState("alpha", page.Healthy)
	for range 3 {
		built := r.awaitState("alpha", page.Healthy).Build.At
		saveVersion(t, dir, "alpha", "1", "ok")
		r.await("alpha", "built", func(s page.Service) bool { return s.Build.At.After(built) })
	}
	after := r.awaitState("alpha", page.Healthy)
	assert.Equal(t, before.PID, after.PID)
	assert.Zero(t, after.Reloads)
}

// Packages and embedded files that come later are watched, too.
func TestNewPackage(t *testing.T) {
	needGo(t)
	dir := newModule(t)
	r := start(t, dir, nil)
	r.awaitVersion("alpha", "1")
	version := filepath.Join(dir, "cmd", "alpha", "version.go")
	save(t, version, "package main\n\nimport \"example.test/internal/late\"\n\nvar version, manner = late.Version(), \"ok\"\n")
	r.await("alpha", "broken", func(s page.Service) bool { return !s.Build.OK })
	late := filepath.Join(dir, "internal", "late")
	save(t, filepath.Join(late, "late.go"), `package late

import (
	"embed"
	"io/fs"
)

//go:embed data
var data embed.FS

func Version() string {
	names, _ := fs.Glob(data, "data/*/*")
	text, _ := fs.ReadFile(data, names[len(names)-1])
	return string(text)
}
`)
	save(t, filepath.Join(late, "data", "a", "a.txt"), "late")
	r.awaitVersion("alpha", "late")
	save(t, filepath.Join(late, "data", "a", "a.txt"), "later")
	r.awaitVersion("alpha", "later")
	save(t, filepath.Join(late, "data", "b", "b.txt"), "latest")
	r.awaitVersion("alpha", "latest")
	save(t, filepath.Join(late, "data", "b", "b.txt"), "last")
	r.awaitVersion("alpha", "last")
	save(t, filepath.Join(dir, "go.mod"), "module example.test\n\ngo 1.26\n\n// changed\n")
	built := r.awaitState("alpha", page.Healthy).Build.At
	r.await("alpha", "built", func(s page.Service) bool { return s.Build.At.After(built) })
}

// Whatever is saved in whatever rhythm: what serves in the end is the last of it.
func TestManySaves(t *testing.T) {
	dir := newModule(t)
	r := start(t, dir, nil)
	r.awaitVersion("alpha", "1")
	for version := 2; version <= 20; version++ {
		saveVersion(t, dir, "alpha", fmt.Sprint(version), "ok")
		if version%4 == 0 {
			r.await("alpha", "built or being built", func(s page.Service) bool { return s.Reason == "being rebuilt" || s.Reloads > version/5 })
		}
	}
	r.awaitVersion("alpha", "20")
}

// The first request waits for the first build; where that fails, it hears why.
func TestFirstBuild(t *testing.T) {
	dir := newModule(t)
	save(t, filepath.Join(dir, "cmd", "beta", "version.go"), "package main\n\nconst version, manner = 2, does not build\n")
	r := start(t, dir, nil)
	url := r.await("alpha", "at an address", func(s page.Service) bool { return s.URL != "" }).URL
	resp, err := http.Get(url)
	require.NoError(t, err)
	resp.Body.Close()
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "1", resp.Header.Get("X-Version"))

	svc := r.awaitState("beta", page.Failed)
	assert.Contains(t, svc.Reason, "version.go")
	resp, err = http.Get(svc.URL)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	resp.Body.Close()
	assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	assert.Contains(t, string(body), "beta is failed: its build failed")
	assert.Contains(t, string(body), "version.go")

	saveVersion(t, dir, "beta", "2", "ok")
	r.awaitVersion("beta", "2")
}

// A start that hangs gives way to the next save.
func TestHangingStart(t *testing.T) {
	dir := newModule(t)
	saveVersion(t, dir, "alpha", "1", "unready")
	r := start(t, dir, func(cfg *Config) { cfg.Start = 10 * limit })
	r.awaitState("alpha", page.Starting)
	assert.Equal(t, "for alpha", r.awaitState("beta", page.Waiting).Reason)
	saveVersion(t, dir, "alpha", "2", "ok")
	r.awaitVersion("alpha", "2")
	r.awaitVersion("beta", "1")
}
