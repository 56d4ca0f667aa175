package main

import (
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
	"github.com/surefoot-go/surefoot/svcx"
	"github.com/surefoot-go/surefoot/svcx/svcxtest"
)

const limit = time.Minute

// setUp points the worker at a directory and a configuration of the test's own.
func setUp(t *testing.T, every string) (jobs string) {
	t.Helper()
	jobs = filepath.Join(t.TempDir(), "[jobs]")
	require.NoError(t, os.Mkdir(jobs, 0o755))
	file := filepath.Join(t.TempDir(), "worker.conf")
	require.NoError(t, os.WriteFile(file, []byte(every), 0o644))
	oldDir, oldConfig := *dir, *config
	*dir, *config = jobs, file
	t.Cleanup(func() { *dir, *config = oldDir, oldConfig })
	return jobs
}

func add(t *testing.T, jobs, name string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(jobs, name), []byte("text"), 0o644))
}

func waitFor(t *testing.T, file string) {
	t.Helper()
	require.Eventually(t, func() bool { _, err := os.Stat(file); return err == nil }, limit, 5*time.Millisecond, file)
}

func TestWorks(t *testing.T) {
	jobs := setUp(t, "1ms")
	add(t, jobs, "interrupted.busy")
	m := svcxtest.Start(t, service())
	m.Ready(limit)
	waitFor(t, filepath.Join(jobs, "interrupted.done"))
	assert.True(t, slices.ContainsFunc(m.History(), func(r svcxtest.Report) bool { return r.Text == "interrupted job 1 of 1" }), "its start was honest")

	m.Pause(limit)
	add(t, jobs, "one")
	time.Sleep(50 * time.Millisecond) // long enough for many looks
	assert.FileExists(t, filepath.Join(jobs, "one"), "it takes on nothing while it is paused")
	m.Continue(limit)
	waitFor(t, filepath.Join(jobs, "one.done"))

	require.NoError(t, m.Stop(limit))
	m.AssertExitCode(0)
}

func TestReload(t *testing.T) {
	jobs := setUp(t, "1h")
	m := svcxtest.Start(t, service())
	m.Ready(limit)
	add(t, jobs, "one")
	require.NoError(t, os.WriteFile(*config, []byte("1ms"), 0o644))
	m.Reload()
	waitFor(t, filepath.Join(jobs, "one.done"))
	var out testenv.Buffer
	log.SetOutput(&out)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	require.NoError(t, os.WriteFile(*config, []byte("often"), 0o644))
	m.Reload()
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "stays as it was") }, limit, 5*time.Millisecond)
	require.NoError(t, m.Stop(limit))
}

func TestConfigErrorFailsStart(t *testing.T) {
	for _, c := range []struct{ every, dir, want string }{
		{"often", "", "write something like 500ms"},
		{"1ms", "nowhere", "nowhere"},
	} {
		jobs := setUp(t, c.every)
		*dir = filepath.Join(jobs, c.dir)
		synctest.Test(t, func(t *testing.T) {
			m := svcxtest.Start(t, service())
			assert.ErrorContains(t, m.Wait(limit), c.want)
			assert.NotContains(t, m.States(), svcx.Running)
			m.AssertExitCode(1)
		})
	}
}
