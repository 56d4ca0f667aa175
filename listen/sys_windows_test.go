package listen

import (
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
	"golang.org/x/sys/windows"
)

var systemHelpers = map[string]func([]string) int{}

// sockopt returns an option of each of l's sockets.
func sockopt(t *testing.T, l *Listener, opt int) []int {
	t.Helper()
	var values []int
	for _, s := range l.socks {
		conn, err := s.ln.SyscallConn()
		require.NoError(t, err)
		require.NoError(t, conn.Control(func(fd uintptr) {
			v, err := windows.GetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, opt)
			assert.NoError(t, err)
			values = append(values, v)
		}))
	}
	return values
}

func TestExclusiveUnlessShared(t *testing.T) {
	l := listenOn(t, "localhost:0")
	assert.NotContains(t, sockopt(t, l, soExclusiveAddrUse), 0)
	l = listenWith(t, Config{Shared: true}, "localhost:0")
	for _, v := range sockopt(t, l, soExclusiveAddrUse) {
		assert.Zero(t, v)
	}
}

// TestPortIsExclusive has other sockets try to take traffic from a wildcard, which Windows allows by
// default.
func TestPortIsExclusive(t *testing.T) {
	testenv.NeedWindows(t, "lets no socket bind a port twice")
	reuse := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) {
			windows.SetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, windows.SO_REUSEADDR, 1)
		})
	}}
	l := listenOn(t, ":0")
	for _, address := range []string{fmt.Sprint("127.0.0.1:", portOf(l)), fmt.Sprint("0.0.0.0:", portOf(l))} {
		_, err := reuse.Listen(t.Context(), "tcp4", address)
		assert.Error(t, err, address)
		_, err = net.Listen("tcp4", address)
		assert.Error(t, err, address)
	}
}

// TestOverlapFails tries to bind beside another process's socket in ways that Windows would
// allow.
func TestOverlapFails(t *testing.T) {
	for _, tt := range []struct{ network, theirs, ours string }{
		{"tcp4", "0.0.0.0", "127.0.0.1"},
		{"tcp4", "0.0.0.0", "localhost"},
		{"tcp", "", "127.0.0.1"}, // a dual-stack socket
		{"tcp4", "127.0.0.1", "0.0.0.0"},
		{"tcp4", "127.0.0.1", ""},
		{"tcp", "", "0.0.0.0"}, // both are listed as 0.0.0.0 (golang.org/issue/45150); Wine refuses the second by itself
		{"tcp", "", ""},
	} {
		t.Run(tt.ours+" beside "+tt.theirs, func(t *testing.T) {
			pid, port := startHolder(t, tt.network, tt.theirs+":0")
			_, err := Dual(fmt.Sprint(tt.ours, ":", port))
			require.ErrorIs(t, err, ErrInUse)
			var refused *Error
			require.ErrorAs(t, err, &refused)
			require.NotEmpty(t, refused.Owners)
			assert.Equal(t, pid, refused.Owners[0].PID)
			if errors.Is(err, errShadowed) {
				assert.ErrorContains(t, err, "Config.Shared")
			}
		})
	}
}

// TestCheckOverlap uses the real TCP table.
func TestCheckOverlap(t *testing.T) {
	l := listenOn(t, "0.0.0.0:0")
	assert.NoError(t, checkOverlap(t.Context(), "tcp", l.Addr().(*net.TCPAddr).AddrPort()), "its own row")
	specific := literalEnd(fmt.Sprint("127.0.0.1:", portOf(l))).addr
	assert.ErrorIs(t, checkOverlap(t.Context(), "tcp", specific), errShadowed)
	l.Close()
	assert.NoError(t, checkOverlap(t.Context(), "tcp", specific))
}
