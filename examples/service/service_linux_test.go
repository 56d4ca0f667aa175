package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// TestTourAsUnit takes the tour through its life as a unit of a real systemd.
func TestTourAsUnit(t *testing.T) {
	testenv.NeedChange(t, "installs a unit, inside a container where there is no systemd here")
	if !testenv.InSystemd(t) {
		return
	}
	dir := filepath.Join("/opt", name+" test")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	exe := copyTour(t, dir)
	port := freePort(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, name+".json"),
		fmt.Appendf(nil, `{"listen": "localhost:%s", "greeting": "您好, systemd"}`, port), 0o644))
	tour := func(args ...string) (string, error) {
		out, err := exec.CommandContext(t.Context(), exe, args...).CombinedOutput()
		return string(out), err
	}
	pid := func() int {
		out, err := tour("status", "--json")
		var status struct{ PID int }
		if err != nil || json.Unmarshal([]byte(out), &status) != nil {
			return 0
		}
		return status.PID
	}
	t.Cleanup(func() { tour("stop"); tour("uninstall") }) // where the test has failed on its way
	for _, command := range []string{"install", "start"} {
		out, err := tour(command)
		require.NoError(t, err, out)
	}

	answers := func(t *testing.T) {
		for _, host := range loopbacks(t) {
			var answer struct{ Greeting, Runs string }
			require.NoError(t, json.Unmarshal(get(t, "http://"+net.JoinHostPort(host, port)+"/"), &answer))
			assert.Equal(t, "您好, systemd", answer.Greeting, "it has found its file beside the program")
			assert.Equal(t, "systemd", answer.Runs)
		}
	}
	answers(t)

	// One that dies is started again.
	first := pid()
	require.NotZero(t, first)
	process, err := os.FindProcess(first)
	require.NoError(t, err)
	require.NoError(t, process.Kill())
	require.Eventually(t, func() bool { now := pid(); return now != 0 && now != first }, time.Minute, 50*time.Millisecond)
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			conn.Close()
		}
		return err == nil
	}, time.Minute, 50*time.Millisecond)
	answers(t)

	out, err := tour("logs")
	require.NoError(t, err, out)
	assert.Contains(t, out, "serving 服务中")

	out, err = tour("stop")
	require.NoError(t, err, out)
	_, err = tour("status")
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, 3, exit.ExitCode(), "it is installed and does not run")
	out, err = tour("uninstall")
	require.NoError(t, err, out)
	_, err = tour("status")
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, 4, exit.ExitCode(), "it is not installed")
	left, err := filepath.Glob("/etc/systemd/system/*" + name + "*")
	require.NoError(t, err)
	assert.Empty(t, left)
}
