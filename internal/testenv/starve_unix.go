//go:build unix

package testenv

import (
	"os"
	"syscall"
	"testing"
)

// Starve uses up the descriptors of this process, which should be t's own, until t ends. The
// returned function gives n of them back, all that can be for a negative n, and takes the rest
// again.
func Starve(t testing.TB) (leave func(n int)) {
	t.Helper()
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	limit := old
	limit.Cur = 64
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	var hoard []*os.File
	free := func(n int) {
		for ; n != 0 && len(hoard) > 0; n-- {
			hoard[len(hoard)-1].Close()
			hoard = hoard[:len(hoard)-1]
		}
	}
	t.Cleanup(func() {
		free(-1)
		syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old)
	})
	return func(n int) {
		t.Helper()
		for {
			f, err := os.Open(os.DevNull)
			if err != nil {
				break
			}
			hoard = append(hoard, f)
		}
		free(n)
	}
}
