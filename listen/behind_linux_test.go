package listen

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
	"golang.org/x/sys/unix"
)

// TestProcess1HasPort starts a process 1 in its own namespace that listens, like systemd for a
// socket unit or the only program of a container.
func TestProcess1HasPort(t *testing.T) {
	for name, first := range map[string]string{"systemd": "systemctl list-sockets", "orders": "ps -fp 1"} {
		t.Run(name, func(t *testing.T) {
			env := testenv.Command(t, "refused").Env
			cmd := testenv.Command(t, "process 1", name, env[len(env)-1])
			cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWNET}
			if !testenv.IsRoot() {
				cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
				cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
				cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
			}
			out, err := cmd.CombinedOutput()
			if errors.Is(err, syscall.EPERM) || strings.HasPrefix(string(out), "no /proc: ") {
				t.Skip("can't make a namespace of processes: ", err, string(out))
			}
			require.NoError(t, err, "%s", out)
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			assert.Contains(t, lines[0], "port in use: "+name+" (pid 1), which ")
			assert.Equal(t, first, lines[1])
			assert.Contains(t, lines, "systemctl list-sockets")
			assert.NotContains(t, string(out), "kill")
		})
	}
}

// processOne runs as process 1. It takes the given name, listens, and has a child try to listen
// too.
func processOne(args []string) int {
	err := errors.Join(
		unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""),
		unix.Mount("proc", "/proc", "proc", 0, ""),
		os.WriteFile("/proc/self/comm", []byte(args[0]), 0),
	)
	if err != nil {
		fmt.Println("no /proc:", err)
		return 1
	}
	ln, err := net.Listen("tcp4", "0.0.0.0:8080")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer ln.Close()
	child := exec.Command("/proc/self/exe")
	child.Env = append(os.Environ(), args[1])
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	if err := child.Run(); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

func refusedHelper([]string) int {
	_, err := Dual("0.0.0.0:8080")
	return printRefusal(err)
}

// printRefusal prints the error, and each hint on its own line, for the test that started the
// helper.
func printRefusal(err error) int {
	var refused *Error
	if !errors.As(err, &refused) {
		fmt.Println("not refused:", err)
		return 1
	}
	fmt.Println(err)
	for _, hint := range refused.Hints {
		fmt.Println(hint)
	}
	return 0
}
