// Package testenv tells a test what the machine supports, and provides processes and namespaces:
// helper processes, a separate network, a separate systemd.
//
// A test that the machine can't run is skipped with the reason. A test that would change the
// machine (services, event sources, firewall rules) runs only where SUREFOOT_CHANGE_MACHINE=1 is
// set, as CI does, and cleans up.
package testenv

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	changeVar = "SUREFOOT_CHANGE_MACHINE" // "1": tests may change the machine
	helperVar = "SUREFOOT_TEST_HELPER"    // names the helper that a child is to be
	insideVar = "SUREFOOT_TEST_INSIDE"    // the test that a child runs inside its namespace or system
)

// IsRoot reports whether the test runs as root; never on Windows.
func IsRoot() bool { return os.Geteuid() == 0 }

// IsWine reports whether the test runs on Wine and not on Windows.
func IsWine() bool { return wineVersion() != "" }

// MayChange reports whether tests may change the machine.
func MayChange() bool { return os.Getenv(changeVar) == "1" }

// CanUnshare returns nil if this process can make namespaces of its own.
func CanUnshare() error { return canUnshare() }

// NeedRoot skips t unless it runs as root.
func NeedRoot(t testing.TB) {
	t.Helper()
	if !IsRoot() {
		t.Skip("needs root")
	}
}

// NeedChange skips t unless it may change the machine in the way that it names.
func NeedChange(t testing.TB, what string) {
	t.Helper()
	if !MayChange() {
		t.Skipf("changes the machine (%s): set %s=1 to allow it", what, changeVar)
	}
}

// NeedWindows skips t under Wine, with the reason how Wine differs from Windows. The test then only
// runs on real Windows.
func NeedWindows(t testing.TB, reason string) {
	t.Helper()
	if v := wineVersion(); v != "" {
		t.Skipf("needs real Windows: Wine %s %s", v, reason)
	}
}

// Main is a TestMain with helper processes: a child started by Command runs the helper of that name
// and exits with its result. All other processes run the tests. Main does not return.
//
// The tests and their children see an ordinary machine, whatever the shell and the temporary
// directory of the one that runs them: see plainShell.
//
// A program that was built with -race sleeps for a second before it exits. The processes that one
// of the tests starts don't, unless GORACE says so.
func Main(m *testing.M, helpers map[string]func(args []string) int) {
	os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	name, ok := os.LookupEnv(helperVar)
	if !ok {
		plainShell()
		os.Exit(m.Run())
	}
	os.Unsetenv(helperVar) // a helper's own children are ordinary programs
	helper := helpers[name]
	if helper == nil {
		fmt.Fprintf(os.Stderr, "testenv: no helper %q in %s\n", name, os.Args[0])
		os.Exit(125)
	}
	os.Exit(helper(os.Args[1:]))
}

// Command returns a command that runs this test binary as the helper of that name, which the
// package's TestMain gives to Main. Set more variables by appending to its Env, which is never nil.
func Command(t testing.TB, helper string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), executable(t), args...)
	cmd.Env = append(os.Environ(), helperVar+"="+helper)
	return cmd
}

// A Buffer collects what a process or a goroutine writes, and can be read while it still does.
type Buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write appends p.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// String returns all that was written so far.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// RemoveAll removes a directory in which programs have run. On Windows, the file of a program that
// has just ended can be open for a while yet: to the system, to a virus scanner.
func RemoveAll(t testing.TB, dir string) {
	t.Helper()
	var err error
	for limit := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if err = os.RemoveAll(dir); err == nil {
			return
		}
		if time.Now().After(limit) {
			t.Errorf("not removed within 30 s: %v", err)
			return
		}
	}
}

// InOwnProcess gives the test that calls it, in the manner of InNetNS, a process of its own, for
// what is a whole process's: its descriptors, its clock.
func InOwnProcess(t *testing.T) (inside bool) {
	t.Helper()
	if isInside(t) {
		return true
	}
	cmd := exec.CommandContext(t.Context(), executable(t), insideArgs(t)...)
	cmd.Env = append(os.Environ(), insideVar+"="+t.Name())
	report(t, cmd)
	return false
}

// InNetNS gives the test that calls it a network namespace with only a loopback device that is up,
// and a mount namespace in which /proc/sys/net can be written. It runs the test once more, in a
// child process that has them:
//
//	func TestX(t *testing.T) {
//		if !testenv.InNetNS(t) {
//			return // the child has run the test
//		}
//
// Only a top-level test can call it. It skips t where there are no namespaces.
func InNetNS(t *testing.T) (inside bool) {
	t.Helper()
	if isInside(t) {
		switch err := setUpNetNS(); {
		case errors.Is(err, fs.ErrPermission): // a container around us forbids it
			t.Skipf("can't set up a network namespace: %v", err)
		case err != nil:
			t.Fatalf("testenv: setting up the network namespace: %v", err)
		}
		return true
	}
	if err := canUnshare(); err != nil {
		t.Skipf("can't make a network namespace: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), executable(t), insideArgs(t)...)
	cmd.Env = append(os.Environ(), insideVar+"="+t.Name())
	unshareNet(cmd)
	report(t, cmd)
	return false
}

// InSystemd gives the test that calls it, in the manner of InNetNS, a machine whose PID 1 is
// systemd, and root on it: a booted container, or this machine if it is one and may be changed. It
// skips t where neither can be had; .ci/systemd-setup makes the container's root.
func InSystemd(t *testing.T) (inside bool) {
	t.Helper()
	if isInside(t) {
		return true
	}
	if MayChange() && IsRoot() && isSystemd() {
		return true
	}
	runInSystemd(t)
	return false
}

func executable(t testing.TB) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

func isInside(t *testing.T) bool { return os.Getenv(insideVar) == t.Name() }

// insideArgs are this process's test flags, with only t selected, and without those that name a
// file which the parent writes.
func insideArgs(t *testing.T) []string {
	t.Helper()
	if strings.Contains(t.Name(), "/") {
		t.Fatal("testenv: only a top-level test can be run inside")
	}
	args := slices.DeleteFunc(slices.Clone(os.Args[1:]), func(arg string) bool {
		for _, prefix := range []string{"-test.run", "-test.count", "-test.v", "-test.cover", "-test.gocover",
			"-test.cpuprofile", "-test.trace", "-test.testlogfile", "-test.bench", "-test.skip"} {
			if strings.HasPrefix(arg, prefix) {
				return true
			}
		}
		return !strings.HasPrefix(arg, "-test.")
	})
	return append(args, "-test.run=^"+t.Name()+"$", "-test.v", "-test.count=1")
}

// report runs cmd, a child that runs t, and makes its verdict t's own.
func report(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	verdict(t, string(out), err)
}

func verdict(t *testing.T, out string, err error) {
	t.Helper()
	switch {
	case err != nil:
		t.Fatalf("inside: %v\n%s", err, out)
	case strings.Contains(out, "--- SKIP: "+t.Name()+" "):
		t.Skipf("inside:\n%s", out)
	case !strings.Contains(out, "--- PASS: "+t.Name()+" "):
		t.Fatalf("inside: the test did not run\n%s", out)
	case testing.Verbose():
		t.Logf("inside:\n%s", out)
	}
}
