package debugtest

import (
	"errors"
	"net/rpc"
	"net/rpc/jsonrpc"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

const delve = "github.com/go-delve/delve/cmd/dlv@v1.27.2"

// A debugger is a client of a headless delve with one process under it. The methods and types are
// those of delve's service/rpc2 and service/api, as far as needed.
type debugger struct {
	client *rpc.Client
	output *testenv.Buffer // delve's, and that of a process which it has started
}

// debugProgram has delve start a program, which waits at its very beginning.
func debugProgram(t *testing.T, dlv, exe string, env []string) *debugger {
	t.Helper()
	return debug(t, dlv, env, true, "exec", exe)
}

// debug starts delve with one of its commands. At the end of the test the process is let go of, or
// killed if it is delve's.
func debug(t *testing.T, dlv string, env []string, kill bool, command, target string) *debugger {
	t.Helper()
	d := &debugger{output: new(testenv.Buffer)}
	cmd := exec.Command(dlv, command, "--headless", "--api-version=2", "--listen=127.0.0.1:0", target)
	cmd.Env = env
	ended := start(t, cmd, d.output, func() {
		if d.client == nil {
			cmd.Process.Kill()
			return
		}
		d.call("Command", map[string]any{"name": "halt"}, new(struct{}))
		d.call("Detach", map[string]any{"Kill": kill}, new(struct{})) // which ends delve
		d.client.Close()
	})

	listening := regexp.MustCompile(`API server listening at: (\S+)`)
	timeout := time.After(limit)
	var addr []string
	for addr == nil {
		select {
		case <-ended:
			// macOS wants a password for it; Linux may only let a parent or root do it.
			if out := d.output.String(); strings.Contains(out, "could not launch process") || strings.Contains(out, "could not attach") {
				t.Skipf("delve can't debug here: %s", out)
			}
			t.Fatal("delve has ended")
		case <-timeout:
			t.Fatal("delve does not listen")
		case <-time.After(10 * time.Millisecond):
			addr = listening.FindStringSubmatch(d.output.String())
		}
	}
	client, err := jsonrpc.Dial("tcp", addr[1])
	require.NoError(t, err)
	d.client = client
	return d
}

func (d *debugger) call(method string, in, out any) error {
	select {
	case c := <-d.client.Go("RPCServer."+method, in, out, nil).Done:
		return c.Error
	case <-time.After(limit):
		return errors.New("delve does not answer")
	}
}

// breakAt sets a breakpoint at a line of a file.
func (d *debugger) breakAt(file string, line int) error {
	return d.call("CreateBreakpoint", map[string]any{"Breakpoint": map[string]any{"file": file, "line": line}}, new(struct{}))
}

// clear removes a breakpoint.
func (d *debugger) clear(id int) error {
	return d.call("ClearBreakpoint", map[string]any{"Id": id}, new(struct{}))
}

// A stop is where the process has stopped.
type stop struct {
	File     string
	Line     int
	Function struct {
		Name      string
		Optimized bool
	}
	Breakpoint *struct{ ID int }
}

// goOn lets the process go on, and gives what stops it next.
func (d *debugger) goOn() <-chan *stop {
	stopped := make(chan *stop, 1)
	out := new(struct{ State struct{ CurrentThread *stop } })
	call := d.client.Go("RPCServer.Command", map[string]any{"name": "continue"}, out, nil)
	go func() {
		<-call.Done
		stopped <- out.State.CurrentThread
	}()
	return stopped
}

// eval returns the value of an expression where the process has stopped.
func (d *debugger) eval(expr string) (string, error) {
	var out struct {
		Variable struct{ Value, Unreadable string }
	}
	err := d.call("Eval", map[string]any{
		"Scope": map[string]any{"GoroutineID": -1},
		"Expr":  expr,
		"Cfg":   map[string]any{"FollowPointers": true, "MaxStringLen": 100},
	}, &out)
	if err == nil && out.Variable.Unreadable != "" {
		err = rpc.ServerError(out.Variable.Unreadable)
	}
	return out.Variable.Value, err
}
