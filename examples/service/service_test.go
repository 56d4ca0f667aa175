package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
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

// tourVar names the tour's binary, as a user builds it. Without it the tests run a copy of their
// own binary, which under the tour's name is the tour.
const tourVar = "SUREFOOT_TOUR"

func TestMain(m *testing.M) {
	if exe, err := os.Executable(); err == nil && strings.TrimSuffix(filepath.Base(exe), ".exe") == name {
		main()
		return
	}
	testenv.Main(m, helpers)
}

func TestTourOnConsole(t *testing.T) {
	tour := startTour(t, "-listen", "localhost:0")
	for _, host := range loopbacks(t) {
		body := get(t, "http://"+net.JoinHostPort(host, tour.port)+"/")
		var answer struct{ Greeting, Family, Peer, Runs string }
		require.NoError(t, json.Unmarshal(body, &answer), "%s", body)
		peer, _, err := net.SplitHostPort(answer.Peer)
		require.NoError(t, err)
		assert.Equal(t, host, peer)
		assert.Equal(t, map[bool]string{true: "IPv6", false: "IPv4"}[strings.Contains(host, ":")], answer.Family)
		assert.Equal(t, "hello 你好", answer.Greeting)
		assert.Equal(t, "console", strings.ToLower(answer.Runs))
		for _, probe := range []string{"/healthz", "/readyz"} {
			assert.Contains(t, string(get(t, "http://"+net.JoinHostPort(host, tour.port)+probe)), `"healthy"`)
		}
	}
	code, out := tour.interrupt(t)
	assert.Zero(t, code, out)
	assert.Contains(t, out, "the embedded default", "it says which configuration it took")
	assert.Contains(t, out, name+".json", "it says where it looked")
	assert.Contains(t, out, "serving 服务中")
	assert.Contains(t, out, "stopping 正在停止")
	assert.Contains(t, out, "stopped 已停止")
}

func TestTourDrainsRequests(t *testing.T) {
	tour := startTour(t, "-listen", "127.0.0.1:0")
	addr := "127.0.0.1:" + tour.port
	request := testenv.BeginRequest(t, addr, "/echo", "text/plain", 2)
	done := make(chan struct{})
	var code int
	var out string
	go func() { // it returns when the request has been answered
		defer close(done)
		code, out = tour.interrupt(t)
	}()
	testenv.AwaitClosed(t, addr)
	answer, err := request.Finish("ok")
	require.NoError(t, err)
	assert.Equal(t, "ok", answer)
	<-done
	assert.Zero(t, code, out)
}

func TestTourBadStart(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "bad.json")
	require.NoError(t, os.WriteFile(file, []byte("{\n\t\"heartbeat\": \"soon\"\n}\n"), 0o600))
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()

	for _, test := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"bad field", []string{"-config", file}, 2, file + ":2:13: heartbeat: want a positive duration"},
		{"no such file", []string{"-config", filepath.Join(dir, "none.json")}, 2, "none.json"},
		{"unknown flag", []string{"-lisen", ":0"}, 2, "-lisen"},
		{"unknown command", []string{"explode"}, 2, "explode"},
		{"port taken", []string{"-listen", taken.Addr().String()}, 1, taken.Addr().String()},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, tourBinary(t), test.args...)
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			var exit *exec.ExitError
			require.ErrorAs(t, cmd.Run(), &exit)
			assert.Equal(t, test.code, exit.ExitCode())
			assert.Contains(t, stderr.String(), test.want)
			assert.NotContains(t, stdout.String(), "serving")
		})
	}
}

// running is a tour that serves.
type running struct {
	cmd    *exec.Cmd
	port   string
	lines  *testenv.Buffer
	signal func() error // what Ctrl+C does
}

var urlLine = regexp.MustCompile(`url=\S*:(\d+)/`)

// startTour starts the tour on a console and waits until it serves.
func startTour(t *testing.T, args ...string) *running {
	t.Helper()
	r := &running{lines: &testenv.Buffer{}}
	r.cmd, r.signal = interruptible(t, tourBinary(t), args...)
	r.cmd.Stdout, r.cmd.Stderr = r.lines, r.lines
	r.cmd.WaitDelay = 10 * time.Second
	require.NoError(t, r.cmd.Start())
	t.Cleanup(func() { r.cmd.Process.Kill(); r.cmd.Wait() })
	require.Eventually(t, func() bool {
		m := urlLine.FindStringSubmatch(r.lines.String())
		if m != nil {
			r.port = m[1]
		}
		return m != nil
	}, time.Minute, 10*time.Millisecond, "the tour does not serve")
	return r
}

// interrupt ends the tour as Ctrl+C does, and returns its exit code and what it printed.
func (r *running) interrupt(t *testing.T) (code int, out string) {
	if err := r.signal(); !assert.NoError(t, err) {
		return -1, ""
	}
	r.cmd.Wait()
	return r.cmd.ProcessState.ExitCode(), r.lines.String()
}

// tourBinary returns the tour's path.
func tourBinary(t *testing.T) string {
	t.Helper()
	if path := os.Getenv(tourVar); path != "" {
		return path
	}
	return copyTour(t, t.TempDir())
}

// copyTour puts the tour into dir.
func copyTour(t *testing.T, dir string) string {
	t.Helper()
	from := os.Getenv(tourVar)
	if from == "" {
		exe, err := os.Executable()
		require.NoError(t, err)
		from = exe
	}
	to := filepath.Join(dir, name)
	if runtime.GOOS == "windows" {
		to += ".exe"
	}
	data, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, data, 0o755))
	return to
}

// loopbacks are the loopback addresses that this machine has.
func loopbacks(t *testing.T) []string {
	t.Helper()
	hosts := []string{"127.0.0.1"}
	if l, err := net.Listen("tcp6", "[::1]:0"); err == nil {
		l.Close()
		hosts = append(hosts, "::1")
	} else {
		t.Logf("no IPv6 here: %v", err)
	}
	return hosts
}

func get(t *testing.T, url string) []byte {
	t.Helper()
	client := http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode, fmt.Sprintf("%s: %s", url, body))
	return body
}
