package svcx

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/surefoot-go/surefoot/svcx/internal/scm"
)

func TestNotification(t *testing.T) {
	monotonic := func() int64 { return 42 }
	start := scm.Status{State: scm.StartPending, CheckPoint: 1}
	loading := scm.Status{State: scm.StartPending, CheckPoint: 2, Text: "load\ning", Progress: true}
	run := scm.Status{State: scm.Running}
	reload := scm.Status{State: scm.Running, Reloading: true}
	stop := scm.Status{State: scm.StopPending}
	for _, c := range []struct {
		name      string
		last, now scm.Status
		want      string
	}{
		{"it begins", scm.Status{}, start, ""},
		{"a heartbeat is nothing", start, scm.Status{State: scm.StartPending, CheckPoint: 2}, ""},
		{"progress", start, loading, "STATUS=load ing\nEXTEND_TIMEOUT_USEC=30000000"},
		{"a heartbeat after progress does not extend", loading, scm.Status{State: scm.StartPending, CheckPoint: 3, Text: "load\ning"}, ""},
		{"ready", loading, run, "READY=1\nSTATUS="},
		{"a text while it runs", run, scm.Status{State: scm.Running, Text: "42 orders", Progress: true}, "STATUS=42 orders"},
		{"reload", run, reload, "RELOADING=1\nMONOTONIC_USEC=42"},
		{"a second reload", reload, reload, "RELOADING=1\nMONOTONIC_USEC=42"},
		{"a text while it reloads", reload, scm.Status{State: scm.Running, Reloading: true, Text: "x", Progress: true}, "STATUS=x"},
		{"reloaded", reload, run, "READY=1"},
		{"stop", run, stop, "STOPPING=1"},
		{"stop while it starts", start, stop, "STOPPING=1"},
		{"progress of a stop", stop, scm.Status{State: scm.StopPending, Text: "draining", Progress: true}, "STATUS=draining\nEXTEND_TIMEOUT_USEC=30000000"},
		{"stopped", stop, scm.Status{State: scm.Stopped}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, notification(c.last, c.now, monotonic))
		})
	}
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
		want   Manager
	}{
		{"a shell", "linux", nil, 100, Console},
		{"a unit", "linux", map[string]string{"SYSTEMD_EXEC_PID": "7", "INVOCATION_ID": "x"}, 1, Systemd},
		{"a user's unit", "linux", map[string]string{"SYSTEMD_EXEC_PID": "7"}, 900, Systemd},
		{"a shell in a terminal that is a unit", "linux", map[string]string{"SYSTEMD_EXEC_PID": "6", "INVOCATION_ID": "x", "NOTIFY_SOCKET": "/run/x"}, 6, Console},
		{"an older systemd's unit", "linux", map[string]string{"INVOCATION_ID": "x"}, 1, Systemd},
		{"an older systemd's user's unit", "linux", map[string]string{"INVOCATION_ID": "x", "NOTIFY_SOCKET": "/run/x"}, 900, Systemd},
		{"a shell under an older systemd", "linux", map[string]string{"INVOCATION_ID": "x"}, 6, Console},
		{"PID 1 of a container", "linux", nil, 0, Console},
		{"a child of a container's init", "linux", nil, 1, Console},
		{"a daemon", "darwin", map[string]string{"XPC_SERVICE_NAME": "orders"}, 1, Launchd},
		{"a Terminal's shell", "darwin", map[string]string{"XPC_SERVICE_NAME": "0"}, 500, Console},
		{"a child of an editor's job", "darwin", map[string]string{"XPC_SERVICE_NAME": "editor"}, 500, Console},
		{"FreeBSD", "freebsd", map[string]string{"SYSTEMD_EXEC_PID": "7"}, 1, Console},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, underProcess(c.system, func(name string) string { return c.env[name] }, 7, c.ppid))
		})
	}
}
