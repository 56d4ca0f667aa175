// Package projects has dev run projects that it was not made for, as their developers would: it
// edits them, breaks them, switches their branches and kills their processes.
package projects

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	_ "github.com/surefoot-go/surefoot/examples/dev/cli" // what the tests build: so the results are cached for as long as it stays
	"github.com/surefoot-go/surefoot/examples/dev/page"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m, nil) }

// limit is how long what must come at some time may take on a busy machine.
const limit = 3 * time.Minute

const statusURL = "http://localhost:8090/status.json"

// ready skips a test that can't be run here; it returns false where the test has been run by a
// process of its own, in a network in which all ports are free.
func ready(t *testing.T, ports ...string) bool {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: builds programs, again and again")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command here: ", err)
	}
	if testenv.CanUnshare() == nil && !testenv.InNetNS(t) {
		return false
	}
	for _, port := range append(ports, "8090") {
		l, err := net.Listen("tcp", "localhost:"+port)
		if err != nil {
			t.Skip("another process uses a port of the project: ", err)
		}
		l.Close()
	}
	return true
}

// A dev is one at work in a project.
type dev struct {
	program
	t    *testing.T
	dir  string // the project
	temp string // for temporary files
	out  *testenv.Buffer
}

// A program is a dev that was started. stop ends it as Ctrl+C does, and returns how it ended.
type program struct {
	process *os.Process
	stop    func() error
}

// command returns dev with the arguments, to be run in the project.
func command(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "dev.exe")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", binary, ".")
	build.Dir = filepath.Join("..", "..")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	cmd := exec.Command(binary, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=", "GOPROXY=off", "DEBUG_ADDR=localhost:6060")
	return cmd
}

// start runs dev until the test ends.
func start(t *testing.T, dir string, args ...string) *dev {
	t.Helper()
	d := &dev{t: t, dir: dir, temp: t.TempDir(), out: &testenv.Buffer{}}
	cmd := command(t, dir, args...)
	cmd.Env = append(cmd.Env, "TMPDIR="+d.temp, "TMP="+d.temp)
	cmd.Stdout, cmd.Stderr = d.out, d.out
	var err error
	d.program, err = launch(cmd)
	require.NoError(t, err)
	t.Cleanup(func() {
		d.stop()
		if t.Failed() {
			t.Log(d.out)
		}
	})
	return d
}

// end ends dev as Ctrl+C does; nothing is left.
func (d *dev) end() {
	d.t.Helper()
	var pids []int
	for _, s := range d.status() {
		pids = append(pids, s.PID)
	}
	require.NoError(d.t, d.stop(), "dev's exit code")
	d.leavesNothing(pids)
}

// leavesNothing waits until there is no temporary folder and none of the processes.
func (d *dev) leavesNothing(pids []int) {
	d.t.Helper()
	require.Eventually(d.t, func() bool {
		left, err := filepath.Glob(filepath.Join(d.temp, "surefoot-dev-*"))
		return err == nil && len(left) == 0
	}, limit, 10*time.Millisecond, "a temporary folder is left")
	for _, pid := range pids {
		if pid != 0 {
			require.Eventually(d.t, func() bool { return !alive(pid) }, limit, 10*time.Millisecond, "process %d is left", pid)
		}
	}
}

func (d *dev) status() []page.Service {
	resp, err := http.Get(statusURL)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	var s page.Status
	if json.NewDecoder(resp.Body).Decode(&s) != nil {
		return nil
	}
	return s.Services
}

// await waits until the service is as the function wants it.
func (d *dev) await(name, what string, is func(page.Service) bool) (now page.Service) {
	d.t.Helper()
	for end := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		for _, s := range d.status() {
			if s.Name == name {
				if now = s; is(s) {
					return s
				}
			}
		}
		if time.Now().After(end) {
			require.FailNow(d.t, name+" never was "+what, "%+v\n%s", now, d.out)
		}
	}
}

func (d *dev) awaitState(name string, state page.State) page.Service {
	d.t.Helper()
	return d.await(name, string(state), func(s page.Service) bool { return s.State == state })
}

// serves waits until the service answers with the text.
func (d *dev) serves(port, want string) {
	d.t.Helper()
	var last string
	for end := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		var err error
		if last, err = get("http://localhost:" + port); err == nil && last == want {
			return
		}
		if time.Now().After(end) {
			require.FailNow(d.t, "port "+port+" never served "+want, "%s %v\n%s", last, err, d.out)
		}
	}
}

func (d *dev) prints(text string) {
	d.t.Helper()
	require.Eventually(d.t, func() bool { return strings.Contains(d.out.String(), text) }, limit, 20*time.Millisecond, text)
}

func get(url string) (string, error) {
	resp, err := http.Get(url)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", resp.Status, body)
	}
	return string(body), err
}

// polls asks the URL until the returned function is called, which fails if any answer did.
func (d *dev) polls(url string) (stop func()) {
	done, failed := make(chan struct{}), make(chan error, 1)
	go func() {
		n := 0
		for {
			select {
			case <-done:
				d.t.Logf("%d requests", n)
				failed <- nil
				return
			case <-time.After(10 * time.Millisecond):
			}
			if _, err := get(url); err != nil {
				failed <- err
				return
			}
			n++
		}
	}()
	return func() {
		d.t.Helper()
		close(done)
		assert.NoError(d.t, <-failed)
	}
}

// write saves a file of the project.
func (d *dev) write(name, text string) {
	save(d.t, filepath.Join(d.dir, filepath.FromSlash(name)), text)
}

func save(t *testing.T, file, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
}

// project makes a directory of the files, which are named and divided by lines "-- NAME --".
func project(t *testing.T, archive string) string {
	t.Helper()
	dir := t.TempDir()
	for part := range strings.SplitSeq(archive, "\n-- ") {
		if name, text, ok := strings.Cut(part, " --\n"); ok {
			save(t, filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(name, "-- "))), text)
		}
	}
	return dir
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=x", "-c", "user.email=x@example.test", "-c", "core.autocrlf=false"}, args...)...)
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("no git here")
	}
	require.NoError(t, err, "%s", &out)
}
