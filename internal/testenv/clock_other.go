//go:build !(linux && amd64)

package testenv

import (
	"runtime"
	"testing"
	"time"
)

// JumpClock skips t: only of one system the code is known that gives the time.
func JumpClock(t testing.TB, d time.Duration) {
	t.Helper()
	t.Skipf("can't jump this process's clock on %s/%s", runtime.GOOS, runtime.GOARCH)
}
