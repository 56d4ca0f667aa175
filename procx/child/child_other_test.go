//go:build !linux && !windows

package child

import (
	"runtime"
	"syscall"
	"testing"
)

const seesRest = runtime.GOOS == "darwin"

var ownHelpers map[string]func([]string) int

// handles returns 0, since the number isn't known.
func handles(*testing.T) int { return 0 }

func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func everyContainment(t *testing.T, f func(t *testing.T)) { t.Run("group", f) }

func variant() {}
