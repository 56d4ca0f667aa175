package child

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestStartDetached(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	output := filepath.Join(t.TempDir(), "out.log")
	require.NoError(t, os.WriteFile(output, []byte("before\n"), 0o600))

	out, err := testenv.Command(t, "launcher", l.Addr().String(), output).CombinedOutput()
	require.NoError(t, err, "%s", out)
	if strings.Contains(string(out), ErrTethered.Error()) {
		t.Skipf("%s", out)
	}
	// The launcher is gone.
	require.NoError(t, l.(*net.TCPListener).SetDeadline(time.Now().Add(time.Minute)))
	conn, err := l.Accept()
	require.NoError(t, err)
	require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
	_, err = io.WriteString(conn, "?")
	require.NoError(t, err)
	_, err = io.ReadFull(conn, make([]byte, 1))
	require.NoError(t, err, "the detached process is alive")
	conn.Close()
	require.Eventually(t, func() bool {
		text, _ := os.ReadFile(output)
		return string(text) == "before\nout\nerr\n"
	}, time.Minute, 20*time.Millisecond)
}

func launcher(args []string) int {
	cmd := exec.Command(os.Args[0], args[0])
	cmd.Env = append(os.Environ(), "SUREFOOT_TEST_HELPER=detached")
	p, err := StartDetached(cmd, &DetachOptions{Output: args[1]})
	if err != nil {
		fmt.Println(err)
		return 0
	}
	p.Release()
	return 0
}

// detached answers on one connection until that ends.
func detached(args []string) int {
	conn, err := net.Dial("tcp", args[0])
	if err != nil {
		return 1
	}
	io.Copy(conn, conn)
	fmt.Println("out")
	fmt.Fprintln(os.Stderr, "err")
	return 0
}

func TestStartDetachedFails(t *testing.T) {
	for _, tt := range []struct {
		name string
		cmd  *exec.Cmd
		opt  *DetachOptions
		want string
	}{
		{"with a context", exec.CommandContext(t.Context(), "x"), nil, "exec.Command"},
		{"output twice", &exec.Cmd{Path: "x", Stdout: os.Stdout}, &DetachOptions{Output: "y"}, "both"},
		{"to be copied", &exec.Cmd{Path: "x", Stderr: io.Discard}, nil, "Stderr of a detached process must be nil or an *os.File"},
		{"no such program", exec.Command("no-such-program"), nil, "not found"},
		{"no such directory", exec.Command("x"), &DetachOptions{Output: filepath.Join(t.TempDir(), "no", "out")}, "output of the detached process"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := StartDetached(tt.cmd, tt.opt)
			assert.Nil(t, p)
			assert.ErrorContains(t, err, tt.want)
		})
	}
}
