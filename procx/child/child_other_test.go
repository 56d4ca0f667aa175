//go:build !linux && !windows

package child

import (
	"runtime"
	"syscall"
	"testing"
)

const seesRest = runtime.GOOS == "darwin"

func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func everyContainment(t *testing.T, f func(t *testing.T)) { t.Run("group", f) }

func pitfall([]string) int { return 1 }

func variant() {}
