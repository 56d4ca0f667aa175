package process

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"github.com/surefoot-go/surefoot/svcx/internal/supervisor"
)

func TestStopRequest(t *testing.T) {
	var r stopRequest
	start := time.Now()
	for _, c := range []struct {
		after time.Duration
		again bool
	}{{0, false}, {0, false}, {sameRequest, false}, {sameRequest + 1, true}, {time.Hour, true}} {
		assert.Equal(t, c.again, r.again(start.Add(c.after)), c.after)
	}
}

func TestNotification(t *testing.T) {
	monotonic := func() int64 { return 42 }
	start := supervisor.Status{State: supervisor.StartPending, CheckPoint: 1}
	loading := supervisor.Status{State: supervisor.StartPending, CheckPoint: 2, Text: "load\ning", Progress: true}
	run := supervisor.Status{State: supervisor.Running}
	reload := supervisor.Status{State: supervisor.Running, Reloading: true}
	stop := supervisor.Status{State: supervisor.StopPending}
	for _, c := range []struct {
		name      string
		last, now supervisor.Status
		want      string
	}{
		{"it begins", supervisor.Status{}, start, ""},
		{"a heartbeat is nothing", start, supervisor.Status{State: supervisor.StartPending, CheckPoint: 2}, ""},
		{"progress", start, loading, "STATUS=load ing\nEXTEND_TIMEOUT_USEC=30000000"},
		{"a heartbeat after progress does not extend", loading, supervisor.Status{State: supervisor.StartPending, CheckPoint: 3, Text: "load\ning"}, ""},
		{"ready", loading, run, "READY=1\nSTATUS="},
		{"a text while it runs", run, supervisor.Status{State: supervisor.Running, Text: "42 orders", Progress: true}, "STATUS=42 orders"},
		{"reload", run, reload, "RELOADING=1\nMONOTONIC_USEC=42"},
		{"a second reload", reload, reload, "RELOADING=1\nMONOTONIC_USEC=42"},
		{"a text while it reloads", reload, supervisor.Status{State: supervisor.Running, Reloading: true, Text: "x", Progress: true}, "STATUS=x"},
		{"reloaded", reload, run, "READY=1"},
		{"stop", run, stop, "STOPPING=1"},
		{"stop while it starts", start, stop, "STOPPING=1"},
		{"progress of a stop", stop, supervisor.Status{State: supervisor.StopPending, Text: "draining", Progress: true}, "STATUS=draining\nEXTEND_TIMEOUT_USEC=30000000"},
		{"an end without Ready", start, supervisor.Status{State: supervisor.Stopped}, "READY=1"},
		{"a failure before Ready", start, supervisor.Status{State: supervisor.Stopped, ExitCode: 1066}, ""},
		{"stopped", stop, supervisor.Status{State: supervisor.Stopped}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, notification(spec.Systemd, c.last, c.now, monotonic))
		})
	}
	// OpenRC would wait forever.
	failed := supervisor.Status{State: supervisor.Stopped, ExitCode: 1066}
	assert.Equal(t, "READY=1", notification(spec.OpenRC, start, failed, monotonic))
	assert.Equal(t, "READY=1", notification(spec.OpenRC, start, stop, monotonic))
	assert.Empty(t, notification(spec.OpenRC, run, failed, monotonic))
}

func TestSystemdVariables(t *testing.T) {
	for _, c := range []struct {
		name   string
		env    map[string]string
		notify bool
		feed   time.Duration
	}{
		{"no systemd", nil, false, 0},
		{"no watchdog", map[string]string{"NOTIFY_SOCKET": "/run/x"}, true, 0},
		{"watchdog", map[string]string{"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "7"}, true, 500 * time.Millisecond},
		{"watchdog without a pid", map[string]string{"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "2000000"}, true, 500 * time.Millisecond},
		{"another's watchdog", map[string]string{"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "8"}, true, 0},
		{"nonsense", map[string]string{"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "soon"}, true, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			socket, feed := systemdVariables(func(name string) string { return c.env[name] }, 7)
			assert.Equal(t, c.notify, socket != "")
			assert.Equal(t, c.feed, feed)
		})
	}
}

func TestUnderProcess(t *testing.T) {
	for _, c := range []struct {
		name   string
		system string
		env    map[string]string
		ppid   int
		want   spec.Manager
	}{
		{"a shell", "linux", nil, 100, spec.Console},
		{"a unit", "linux", map[string]string{"SYSTEMD_EXEC_PID": "7", "INVOCATION_ID": "x"}, 1, spec.Systemd},
		{"a user's unit", "linux", map[string]string{"SYSTEMD_EXEC_PID": "7"}, 900, spec.Systemd},
		{"a shell in a terminal that is a unit", "linux", map[string]string{"SYSTEMD_EXEC_PID": "6", "INVOCATION_ID": "x", "NOTIFY_SOCKET": "/run/x"}, 6, spec.Console},
		{"an older systemd's unit", "linux", map[string]string{"INVOCATION_ID": "x"}, 1, spec.Systemd},
		{"an older systemd's user's unit", "linux", map[string]string{"INVOCATION_ID": "x", "NOTIFY_SOCKET": "/run/x"}, 900, spec.Systemd},
		{"a shell under an older systemd", "linux", map[string]string{"INVOCATION_ID": "x"}, 6, spec.Console},
		{"PID 1 of a container", "linux", nil, 0, spec.Console},
		{"a child of a container's init", "linux", nil, 1, spec.Console},
		{"a daemon of OpenRC", "linux", map[string]string{"RC_SVCNAME": "orders"}, 1, spec.OpenRC},
		{"one that OpenRC supervises", "linux", map[string]string{"RC_SVCNAME": "orders"}, 300, spec.OpenRC},
		{"one whose starter waits for READY", "linux", map[string]string{"NOTIFY_SOCKET": "/run/openrc/supervise-orders.sock"}, 310, spec.OpenRC},
		{"a shell of such a one", "linux", map[string]string{"NOTIFY_SOCKET": "/run/openrc/supervise-orders.sock"}, 100, spec.Console},
		{"a shell in a daemon of OpenRC", "linux", map[string]string{"RC_SVCNAME": "orders"}, 100, spec.Console},
		{"a daemon", "darwin", map[string]string{"XPC_SERVICE_NAME": "orders"}, 1, spec.Launchd},
		{"a Terminal's shell", "darwin", map[string]string{"XPC_SERVICE_NAME": "0"}, 500, spec.Console},
		{"a child of an editor's job", "darwin", map[string]string{"XPC_SERVICE_NAME": "editor"}, 500, spec.Console},
		{"FreeBSD", "freebsd", map[string]string{"SYSTEMD_EXEC_PID": "7"}, 1, spec.Console},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, underProcess(c.system, func(name string) string { return c.env[name] }, 7, c.ppid, func(ppid int) string {
				return map[int]string{300: "supervise-daemo", 310: "start-stop-daem", 100: "bash"}[ppid]
			}))
		})
	}
}
