package testenv

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// rootVar names the root of the system that InSystemd boots.
const rootVar = "SUREFOOT_SYSTEMD_ROOT"

func wineVersion() string { return "" }

func canUnshare() error {
	cmd := exec.Command("/proc/self/exe", "-test.run=^$")
	unshareNet(cmd)
	return cmd.Run()
}

// unshareNet makes cmd start in new network and mount namespaces. A process that is not root gets a
// user namespace around them, in which it is.
func unshareNet(cmd *exec.Cmd) {
	attr := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS}
	if !IsRoot() {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	cmd.SysProcAttr = attr
}

func setUpNetNS() error {
	// Keep mounts from here; then show this namespace's /proc/sys, writable also where a
	// container's own is not.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("making mounts private: %w", err)
	}
	if unix.Access("/proc/sys/net/ipv4", unix.W_OK) != nil {
		if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
			return fmt.Errorf("mounting /proc: %w", err)
		}
	}
	return loopbackUp()
}

func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	ifr, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	ifr.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr)
}

// isSystemd is sd_booted(3).
func isSystemd() bool {
	fi, err := os.Lstat("/run/systemd/system")
	return err == nil && fi.IsDir()
}

// systemdMu: the host's load decides how long a boot takes, so one at a time.
var systemdMu sync.Mutex

func runInSystemd(t *testing.T) {
	t.Helper()
	NeedRoot(t)
	nspawn, err := exec.LookPath("systemd-nspawn")
	if err != nil {
		t.Skip("needs systemd-nspawn (Debian: systemd-container)")
	}
	root := os.Getenv(rootVar)
	if root == "" {
		home, _ := os.UserCacheDir()
		root = filepath.Join(home, "surefoot", "systemd-root")
	}
	if _, err := os.Stat(filepath.Join(root, "lib", "systemd", "systemd")); err != nil {
		t.Skipf("no system to boot in %s: run .ci/systemd-setup", root)
	}

	dir := t.TempDir() // seen inside as /surefoot
	var env strings.Builder
	for _, kv := range append(os.Environ(), insideVar+"="+t.Name()) {
		if strings.HasPrefix(kv, "SUREFOOT_") {
			fmt.Fprintf(&env, "Environment=\"%s\"\n", kv)
		}
	}
	unit := fmt.Sprintf(`[Unit]
Description=A test of surefoot
After=basic.target dbus.service systemd-journald.service
SuccessAction=poweroff
FailureAction=poweroff
[Service]
Type=oneshot
WorkingDirectory=/surefoot
%sEnvironment="PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" "HOME=/root"
ExecStart=/bin/sh -c '/surefoot/test "$@" >/surefoot/out 2>&1; echo $? >/surefoot/status' sh %s
`, env.String(), strings.ReplaceAll(quoteUnit(insideArgs(t)), "%", "%%"))
	if err := errors.Join(
		copyFile("/proc/self/exe", filepath.Join(dir, "test")),
		os.WriteFile(filepath.Join(dir, "test.service"), []byte(unit), 0o644),
	); err != nil {
		t.Fatal(err)
	}

	systemdMu.Lock()
	defer systemdMu.Unlock()
	cmd := exec.CommandContext(t.Context(), nspawn, "-q", "-D", root, "--volatile=overlay", "--register=no", "--keep-unit", "-b",
		"--machine=surefoot-test", "--bind="+dir+":/surefoot", "--bind-ro="+filepath.Join(dir, "test.service")+":/etc/systemd/system/surefoot-test.service",
		"--", "systemd.unit=surefoot-test.service", "systemd.wants=dbus.service")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // nspawn ends its container
	cmd.WaitDelay = 10 * time.Second
	console, err := cmd.CombinedOutput()
	out, _ := os.ReadFile(filepath.Join(dir, "out"))
	status, statusErr := os.ReadFile(filepath.Join(dir, "status"))
	switch {
	case statusErr != nil:
		t.Fatalf("the container did not run the test: %v\n%s%s", err, console, out)
	case strings.TrimSpace(string(status)) != "0":
		err = fmt.Errorf("exit status %s", strings.TrimSpace(string(status)))
	default:
		err = nil
	}
	verdict(t, string(out), err)
}

func quoteUnit(args []string) string {
	quoted := make([]string, len(args))
	for i, arg := range args {
		quoted[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `$$`).Replace(arg) + `"`
	}
	return strings.Join(quoted, " ")
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o755)
}
