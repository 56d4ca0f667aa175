package loop

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/examples/dev/internal/config"
	"github.com/surefoot-go/surefoot/examples/dev/page"
)

// TestPort: a service that takes its port from a variable of its own, from PORT, or from an
// argument.
func TestPort(t *testing.T) {
	dir := newModule(t)
	r := start(t, dir, func(cfg *Config) {
		cfg.Services[0].Env = []string{"LISTEN=localhost:{port}"}
		cfg.Services[1].Env = []string{"LISTEN=:{port}", "DEBUG_ADDR=localhost:{port:debug}"}
		cfg.Services[1].Ready = config.Ready{TCP: true}
	})
	r.awaitVersion("alpha", "1")
	r.awaitVersion("beta", "1")
	saveVersion(t, dir, "beta", "2", "ok")
	r.awaitVersion("beta", "2")
}

func TestReadyByLog(t *testing.T) {
	dir := newModule(t)
	r := start(t, dir, func(cfg *Config) {
		cfg.Services[0].Ready = config.Ready{Log: "^version [0-9]"}
		cfg.Services[1].Ready = config.Ready{Log: "never"}
		cfg.Start = 2 * time.Second
	})
	r.awaitVersion("alpha", "1")
	r.awaitPrinted(`beta: not ready in time: it has not printed a line that matches "never"; its last line: version 1, 版本 ok`)
}

// TestStopFirst: the old process has ended before the new one starts; if that does not come up, the
// old one does again.
func TestStopFirst(t *testing.T) {
	dir := newModule(t)
	only := freePort(t) // which one process can have
	r := start(t, dir, func(cfg *Config) {
		cfg.Services[0].StopFirst = true
		cfg.Services[0].Env = append(cfg.Services[0].Env, "DEBUG_ADDR="+only)
	})
	r.awaitVersion("alpha", "1")
	url := r.awaitState("alpha", page.Healthy).URL
	saveVersion(t, dir, "alpha", "2", "ok")
	r.awaitPrinted("alpha: stopped, to start its new build")
	resp, err := http.Get(url) // waits
	require.NoError(t, err)
	resp.Body.Close()
	assert.Equal(t, "2", resp.Header.Get("X-Version"))
	assert.Equal(t, 1, r.awaitState("alpha", page.Healthy).Reloads)

	saveVersion(t, dir, "alpha", "3", "exit")
	r.awaitPrinted("alpha: the new build did not start, the old one is started again: exit code 3; its last line: no database")
	r.awaitVersion("alpha", "2")
	saveVersion(t, dir, "alpha", "4", "ok")
	r.awaitVersion("alpha", "4")
}

// TestCommands: a worker that runs a command, one that has done its work, and one that needs that.
func TestCommands(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("has no sleep")
	}
	dir := newModule(t)
	save(t, filepath.Join(dir, "conf", "a", "x.yaml"), "first")
	r := start(t, dir, func(cfg *Config) {
		shell := func(text string) config.Command { return config.Command{"/bin/sh", "-c", text} }
		worker := Service{StopFirst: true, Ready: config.Ready{After: 50 * time.Millisecond}}
		once, worker2 := worker, worker
		once.Name, once.Run = "once", shell("echo migrated")
		worker2.Name, worker2.Run, worker2.Needs = "worker", shell(`echo "conf: $(cat conf/a/x.yaml)"; exec sleep 1000`), []string{"once"}
		worker2.Watch = []string{"conf/**/*.yaml"}
		cfg.Services = []Service{once, worker2}
	})
	once := r.await("once", "done", func(s page.Service) bool { return s.State == page.Stopped })
	assert.Equal(t, "it has ended, with exit code 0", once.Reason)
	before := r.awaitState("worker", page.Healthy)
	r.awaitPrinted("worker | conf: first")

	save(t, filepath.Join(dir, "conf", "a", "x.yaml"), "second")
	r.awaitPrinted("worker | conf: second")
	after := r.await("worker", "replaced", func(s page.Service) bool { return s.State == page.Healthy && s.PID != before.PID })
	require.Eventually(t, func() bool { return !alive(before.PID) }, limit, 5*time.Millisecond)
	save(t, filepath.Join(dir, "conf", "new", "deep", "y.yaml"), "")
	r.await("worker", "replaced", func(s page.Service) bool { return s.State == page.Healthy && s.PID != after.PID })
	require.NoError(t, r.Start("once"))
	require.Eventually(t, func() bool { return strings.Count(r.out.String(), "| migrated") == 2 }, limit, 5*time.Millisecond)
}

// TestBefore: a step before the build runs at first, and when its files change; where it fails, the
// old process goes on.
func TestBefore(t *testing.T) {
	needGo(t)
	if runtime.GOOS == "windows" {
		t.Skip("has no sh")
	}
	dir := newModule(t)
	save(t, filepath.Join(dir, "version.txt"), "one")
	generate := `test -s version.txt || { echo "version.txt is empty" >&2; exit 1; }
printf 'package main\n\nconst version, manner = "%s", "ok"\n' "$(cat version.txt)" >cmd/alpha/version.go
echo run >>runs`
	r := start(t, dir, func(cfg *Config) {
		for i := range cfg.Services { // both have it
			cfg.Services[i].Before = []config.Step{{Run: config.Command{"/bin/sh", "-c", generate}, Watch: []string{"*.txt"}}}
		}
	})
	r.awaitVersion("alpha", "one")
	for n := range 3 {
		save(t, filepath.Join(dir, "version.txt"), fmt.Sprint("version", n))
		r.awaitVersion("alpha", fmt.Sprint("version", n))
	}
	runs, err := os.ReadFile(filepath.Join(dir, "runs"))
	require.NoError(t, err)
	assert.Equal(t, 4, strings.Count(string(runs), "run"), "once for both services")

	save(t, filepath.Join(dir, "version.txt"), "")
	svc := r.await("alpha", "broken", func(s page.Service) bool { return !s.Build.OK })
	assert.Contains(t, svc.Build.Output, "version.txt is empty")
	r.awaitVersion("alpha", "version2")
	save(t, filepath.Join(dir, "version.txt"), "again")
	r.awaitVersion("alpha", "again")
}

// TestLookedAt: where the system tells of no changes, they are found all the same.
func TestLookedAt(t *testing.T) {
	root := t.TempDir()
	p := newPoller()
	dir := filepath.Join(root, "d")
	save(t, filepath.Join(dir, "a.go"), "1")
	save(t, filepath.Join(dir, "b.go"), "1")
	require.NoError(t, p.add(dir))
	assert.Error(t, p.add(filepath.Join(root, "none")))
	assert.Empty(t, p.changes())
	expect := func(want ...string) {
		t.Helper()
		var got []string
		for _, e := range p.changes() {
			got = append(got, e.Op.String()+" "+filepath.Base(e.Name))
		}
		assert.ElementsMatch(t, want, got)
	}
	save(t, filepath.Join(dir, "a.go"), "12")
	save(t, filepath.Join(dir, "c.go"), "1")
	require.NoError(t, os.Remove(filepath.Join(dir, "b.go")))
	expect("WRITE a.go", "CREATE c.go", "REMOVE b.go")
	require.NoError(t, os.Rename(filepath.Join(dir, "c.go"), filepath.Join(dir, "a.go")))
	if runtime.GOOS == "windows" { // where a snapshot does not hold a file's identity
		expect("WRITE a.go", "REMOVE c.go")
	} else {
		expect("CREATE a.go", "REMOVE c.go")
	}
	require.NoError(t, os.Chtimes(filepath.Join(dir, "a.go"), time.Time{}, time.Now().Add(time.Minute)))
	expect("WRITE a.go")
	require.NoError(t, os.RemoveAll(dir))
	expect("REMOVE d")
	expect()
}
