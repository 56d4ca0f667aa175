package listen

import (
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAcceptAfterCloseAndDoubleClose(t *testing.T) {
	l := listenOn(t, "localhost:0")
	require.NoError(t, l.Close())
	_, err := l.Accept()
	assert.ErrorIs(t, err, net.ErrClosed)
	assert.ErrorIs(t, l.Close(), net.ErrClosed)
	assert.ErrorIs(t, l.SetDeadline(time.Time{}), net.ErrClosed)
}

func TestDeadline(t *testing.T) {
	l := listenOn(t, "localhost:0")
	accept := func() chan error {
		ended := make(chan error, 1)
		go func() {
			c, err := l.Accept()
			if err == nil {
				c.Close()
			}
			ended <- err
		}()
		return ended
	}
	isTimeout := func(t *testing.T, err error) {
		t.Helper()
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
		var ne net.Error
		require.ErrorAs(t, err, &ne)
		assert.True(t, ne.Timeout())
	}

	t.Run("past", func(t *testing.T) {
		require.NoError(t, l.SetDeadline(time.Now().Add(-time.Second)))
		isTimeout(t, <-accept())
	})
	t.Run("future", func(t *testing.T) {
		require.NoError(t, l.SetDeadline(time.Now().Add(20*time.Millisecond)))
		for range 4 {
			isTimeout(t, <-accept())
		}
	})
	t.Run("set while blocked", func(t *testing.T) {
		require.NoError(t, l.SetDeadline(time.Time{}))
		a, b, c := accept(), accept(), accept()
		require.NoError(t, l.SetDeadline(time.Now().Add(20*time.Millisecond)))
		isTimeout(t, <-a)
		isTimeout(t, <-b)
		isTimeout(t, <-c)
	})
	t.Run("taken back while blocked", func(t *testing.T) {
		require.NoError(t, l.SetDeadline(time.Now().Add(time.Hour)))
		ended := []chan error{accept(), accept(), accept()}
		require.NoError(t, l.SetDeadline(time.Time{}))
		addrs := l.Addrs()
		for i := range ended {
			c, err := net.Dial("tcp", addrs[i%len(addrs)].String())
			require.NoError(t, err)
			defer c.Close()
		}
		for _, e := range ended {
			require.NoError(t, <-e)
		}
	})
}
