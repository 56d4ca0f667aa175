package main

import (
	"log"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
	jobs = t.TempDir()
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
	assert.Equal(t, "interrupted job 1 of 1", m.History()[2].Text, "its start was honest")

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

func TestBadConfigurationFailsTheStart(t *testing.T) {
	setUp(t, "often")
	m := svcxtest.Start(t, service())
	assert.ErrorContains(t, m.Wait(limit), "write something like 500ms")
	m.AssertStates(svcx.StartPending, svcx.Stopped)
	m.AssertExitCode(1)
}
