package listen

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

// TestAcceptSystemCalls uses strace to count the system calls per connection: accept4, epoll_ctl,
// getsockname and one setsockopt (TCP_NODELAY). A listener of the net package makes five calls of
// setsockopt.
func TestAcceptSystemCalls(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("needs strace: ", err)
	}
	const conns = 50
	count := func(kind string) map[string]int {
		cmd := testenv.Command(t, "accepts", kind, fmt.Sprint(conns))
		log := filepath.Join(t.TempDir(), "strace")
		cmd.Args = append([]string{strace, "-f", "-o", log, "-e", "trace=accept4,epoll_ctl,getsockname,setsockopt", "--", cmd.Path}, cmd.Args[1:]...)
		cmd.Path = strace
		stdout, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		var address string
		if _, err := fmt.Fscan(stdout, &address); err != nil {
			t.Skip("strace can't trace here: ", errors.Join(err, cmd.Wait()))
		}
		for range conns {
			c, err := net.Dial("tcp", address)
			require.NoError(t, err)
			_, err = c.Read(make([]byte, 1)) // until the server closes the connection
			assert.Error(t, err)
			c.Close()
		}
		require.NoError(t, cmd.Wait())
		text, err := os.ReadFile(log)
		require.NoError(t, err)
		calls := map[string]int{}
		for line := range bytes.Lines(text) {
			for _, name := range []string{"accept4", "epoll_ctl", "getsockname", "setsockopt"} {
				if bytes.Contains(line, []byte(" "+name+"(")) && !bytes.Contains(line, []byte("EAGAIN")) {
					calls[name]++
				}
			}
		}
		return calls
	}
	before := count("net")
	const few = 20 // for the listening socket
	assert.GreaterOrEqual(t, before["setsockopt"], 5*conns)
	kinds := []string{"listen", "listen plain"}
	if err := keepAliveOfMPTCP(t); err != nil {
		t.Log("Multipath TCP can't have the options: ", err)
		kinds = kinds[1:]
	}
	for _, kind := range kinds {
		after := count(kind)
		t.Log("net.Listen:", before, kind+":", after)
		assert.GreaterOrEqual(t, after["setsockopt"], conns, "TCP_NODELAY")
		assert.Less(t, after["setsockopt"], conns+few)
		assert.Less(t, after["getsockname"], conns+few)
		assert.Less(t, after["epoll_ctl"], 2*conns+few, "added, and perhaps removed")
	}
}

// keepAliveOfMPTCP returns why this kernel refuses keep-alive options on a socket of Multipath TCP.
func keepAliveOfMPTCP(t *testing.T) error {
	var refusal error
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		if err := onSocket(c, func(fd uintptr) error { return setKeepAlive(fd, net.KeepAliveConfig{}) }); err != nil {
			refusal = err
		}
		return nil
	}}
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ln.Close()
	return refusal
}

// accepts serves connections by closing them.
func accepts(args []string) int {
	var conns int
	fmt.Sscan(args[1], &conns)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if args[0] != "net" {
		ln.Close()
		ln, err = Config{NoMPTCP: args[0] == "listen plain"}.Listen(context.Background(), "127.0.0.1:0")
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(ln.Addr())
	for range conns {
		c, err := ln.Accept()
		if err != nil {
			fmt.Println(err)
			return 1
		}
		c.Close()
	}
	return 0
}
