package inspect

import (
	"net/http"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// Threads that wait in a system call count as busy in the CPU profile. The profile contains a
// warning.
func TestPhantomSamples(t *testing.T) {
	event, err := windows.CreateEvent(nil, 1, 0, nil)
	require.NoError(t, err)
	defer windows.CloseHandle(event)
	done := make(chan struct{})
	for range 3 {
		go func() {
			// A thread is sampled from when the scheduler first gives it a goroutine after the
			// start; a return from a system call alone need not do that.
			for r := uint32(windows.WAIT_TIMEOUT); r == uint32(windows.WAIT_TIMEOUT); runtime.Gosched() {
				r, _ = windows.WaitForSingleObject(event, 100)
			}
			done <- struct{}{}
		}()
	}
	s := start(t, Options{})
	status, _, body := get(t, s.URL()+"/debug/pprof/profile?seconds=2")
	require.NoError(t, windows.SetEvent(event))
	for range 3 {
		<-done
	}
	require.Equal(t, http.StatusOK, status)
	p, err := parseProfile([]byte(body))
	require.NoError(t, err)
	var comments strings.Builder
	for _, c := range p.comments {
		comments.WriteString(p.strings[c] + "\n")
	}
	t.Log(comments.String())
	assert.Contains(t, comments.String(), "CPU time of the process: ")
	assert.Contains(t, comments.String(), "WARNING: ")
	assert.Contains(t, comments.String(), "runtime.cgocall")
}

// A process that is created with DEBUG_ONLY_THIS_PROCESS is debugged by its creating thread
// (Microsoft: "Process Creation Flags").
func TestDebuggerAttachedByCreation(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	kernel32 := windows.NewLazySystemDLL("kernel32.dll")
	wait, proceed := kernel32.NewProc("WaitForDebugEvent"), kernel32.NewProc("ContinueDebugEvent")

	cmd := testenv.Command(t, "attached")
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.DEBUG_ONLY_THIS_PROCESS}
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	text := make(chan string)
	go func() {
		buf := make([]byte, 100)
		n, _ := out.Read(buf)
		text <- string(buf[:n])
	}()
	const (
		exception, exitProcess  = 1, 5
		breakpoint              = 0x80000003 // the system's own, at the start
		dbgContinue, notHandled = 0x00010002, 0x80010001
	)
	for {
		var event struct {
			code, process, thread uint32
			info                  [40]uintptr // larger than its largest member
		}
		ok, _, err := wait.Call(uintptr(unsafe.Pointer(&event)), 60_000)
		require.NotZero(t, ok, "WaitForDebugEvent: %v", err)
		status := uintptr(notHandled)
		if event.code != exception || uint32(event.info[0]) == breakpoint {
			status = dbgContinue
		}
		ok, _, err = proceed.Call(uintptr(event.process), uintptr(event.thread), status)
		require.NotZero(t, ok, "ContinueDebugEvent: %v", err)
		if event.code == exitProcess {
			break
		}
	}
	assert.Equal(t, "true <nil>\n", <-text)
	assert.NoError(t, cmd.Wait())
}
