//go:build unix

package process

import (
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// Under returns the manager that started this process.
func (*Program) Under() spec.Manager {
	return underProcess(runtime.GOOS, os.Getenv, os.Getpid(), os.Getppid(), func(pid int) string {
		name, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
		return strings.TrimSpace(string(name))
	})
}

func notifyReload(c chan<- os.Signal) { signal.Notify(c, syscall.SIGHUP) }

func isReload(sig os.Signal) bool { return sig == syscall.SIGHUP }
