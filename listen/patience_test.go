package listen

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPatienceWaitsForPort simulates a restart: the first process closes its port while the
// second one waits for it.
func TestPatienceWaitsForPort(t *testing.T) {
	for _, proto := range []string{"tcp", "udp"} {
		t.Run(proto, func(t *testing.T) {
			skipUDPOnWine(t, proto)
			first, err := Config{}.bindAddress(t.Context(), proto, "localhost:0")
			require.NoError(t, err)
			address := net.JoinHostPort("localhost", portString(first))
			tries := make(chan struct{}, 1000)
			c := Config{Patience: time.Minute, Control: func(string, string, syscall.RawConn) error {
				select {
				case tries <- struct{}{}:
				default:
				}
				return nil
			}}
			done := make(chan error, 1)
			go func() {
				b, err := c.bindAddress(context.Background(), proto, address)
				b.close()
				done <- err
			}()
			for range 4 { // Go tries a socket of Multipath TCP, and then a plain one
				<-tries
			}
			select {
			case err := <-done:
				t.Fatal("did not wait: ", err)
			default:
			}
			first.close()
			assert.NoError(t, <-done)
		})
	}
}

func TestPatienceEnds(t *testing.T) {
	taken := listenOn(t, "127.0.0.1:0")
	begin := time.Now()
	const patience = 150 * time.Millisecond
	_, err := Config{Patience: patience}.Listen(t.Context(), taken.Addr().String())
	require.ErrorIs(t, err, ErrInUse)
	assert.GreaterOrEqual(t, time.Since(begin), patience)
	assert.NotContains(t, err.Error(), "until")

	for _, none := range []Config{{}, {Patience: -time.Hour}} {
		tries := 0
		none.Control = func(string, string, syscall.RawConn) error { tries++; return nil }
		_, err = none.Listen(t.Context(), taken.Addr().String())
		require.ErrorIs(t, err, ErrInUse)
		assert.LessOrEqual(t, tries, 2, "once, with Multipath TCP and without")
	}
}

// TestPatienceWithinContext checks that the error names the port's owner and says that the context
// has ended.
func TestPatienceWithinContext(t *testing.T) {
	taken := listenOn(t, "127.0.0.1:0")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := Config{Patience: time.Hour}.Listen(ctx, taken.Addr().String())
	require.ErrorIs(t, err, ErrInUse)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.ErrorContains(t, err, "until context deadline exceeded")
	var refused *Error
	require.ErrorAs(t, err, &refused)
	owners, lookup := Owners(t.Context(), portOf(taken))
	if errors.Is(lookup, errors.ErrUnsupported) {
		t.Skip(lookup)
	}
	assert.Equal(t, owners, refused.Owners)
}

// TestPatienceOnlyForPortsInUse checks that other errors are returned at once.
func TestPatienceOnlyForPortsInUse(t *testing.T) {
	c := Config{Patience: time.Hour}
	_, err := c.Listen(t.Context(), "203.0.113.77:8080") // TEST-NET-3, not assigned to any machine
	assert.ErrorIs(t, err, ErrNoAddress)
	c.Control = func(string, string, syscall.RawConn) error { return syscall.EADDRINUSE }
	_, err = c.Listen(t.Context(), "127.0.0.1:0")
	assert.ErrorIs(t, err, syscall.EADDRINUSE, "the caller's own error")
}

func TestMayPass(t *testing.T) {
	ranges := func() []PortRange { return []PortRange{{8000, 8099, false}} }
	refused := func(errno syscall.Errno, end string) binding {
		return binding{failed: literalEnd(end), err: &net.OpError{Op: "listen", Err: os.NewSyscallError("bind", errno)}}
	}
	for _, tt := range []struct {
		goos string
		b    binding
		want bool
	}{
		{"linux", refused(syscall.EADDRINUSE, "127.0.0.1:80"), true},
		{"linux", refused(syscall.EADDRINUSE, "127.0.0.1:0"), false},
		{"linux", refused(syscall.EACCES, "127.0.0.1:80"), false},
		{"linux", refused(syscall.EADDRNOTAVAIL, "127.0.0.1:80"), false},
		{"windows", refused(10048, "127.0.0.1:80"), true},
		{"windows", refused(10013, "127.0.0.1:80"), true},
		{"windows", refused(10013, "127.0.0.1:8080"), false},
		{"windows", refused(10013, "127.0.0.1:0"), false},
	} {
		assert.Equal(t, tt.want, mayPass(tt.goos, tt.b, ranges), "%s %v %v", tt.goos, tt.b.failed, tt.b.err)
	}
}
