package child

import (
	"bytes"
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
	r := newRendezvous(t)
	out, err := testenv.Command(t, "launcher", r.addr(), r.output).CombinedOutput()
	require.NoError(t, err, "%s", out)
	if strings.Contains(string(out), ErrTethered.Error()) {
		t.Skipf("%s", out)
	}
	r.meet(t) // the launcher has exited
	require.Eventually(t, func() bool {
		text, _ := os.ReadFile(r.output)
		return string(text) == "before\nout\nerr\n"
	}, time.Minute, 20*time.Millisecond)
}

// A process can't be detached from a tree in a cgroup or job, but it can from a process group.
func TestStartDetachedFromTree(t *testing.T) {
	testenv.NeedWindows(t, "shows no limits in QueryInformationJobObject")
	everyContainment(t, func(t *testing.T) {
		r := newRendezvous(t)
		var out bytes.Buffer
		cmd := testenv.Command(t, "launcher", r.addr(), r.output)
		cmd.Stdout, cmd.Stderr = &out, &out
		p, err := Start(t.Context(), cmd, &Options{Ask: AskNothing})
		require.NoError(t, err)
		require.NoError(t, p.Wait(), "%s", &out)
		if p.Containment().Whole() {
			assert.Contains(t, out.String(), ErrTethered.Error())
		} else {
			assert.Empty(t, out.String())
			r.meet(t)
		}
	})
}

// rendezvous is the socket through which a detached process contacts its test.
type rendezvous struct {
	l      *net.TCPListener
	output string
}

func newRendezvous(t *testing.T) *rendezvous {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	output := filepath.Join(t.TempDir(), "out.log")
	require.NoError(t, os.WriteFile(output, []byte("before\n"), 0o600))
	return &rendezvous{l.(*net.TCPListener), output}
}

func (r *rendezvous) addr() string { return r.l.Addr().String() }

// meet checks that the detached process is alive, and lets it end.
func (r *rendezvous) meet(t *testing.T) {
	t.Helper()
	require.NoError(t, r.l.SetDeadline(time.Now().Add(time.Minute)))
	conn, err := r.l.Accept()
	require.NoError(t, err)
	require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
	_, err = io.WriteString(conn, "?")
	require.NoError(t, err)
	_, err = io.ReadFull(conn, make([]byte, 1))
	require.NoError(t, err)
	require.NoError(t, conn.Close())
}

func launcher(args []string) int {
	if len(args) > 2 {
		io.Copy(io.Discard, os.Stdin)
	}
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

// detached responds on one connection until it is closed.
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

func TestStartDetachedErrors(t *testing.T) {
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
