package svcx_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/svcx"
	"github.com/surefoot-go/surefoot/svcx/svcxtest"
)

var (
	errServe    = errors.New("the server fails")
	errClosed   = errors.New("the server is closed")
	errShutdown = errors.New("the shutdown fails")
)

// server behaves like http.Server: serve returns when shutdown begins.
type server struct {
	closing chan struct{}
	drain   time.Duration // duration of the requests
	fails   error         // returned by serve immediately, if failed
	failed  bool
	result  error // returned by shutdown when the requests have ended

	limit time.Duration // time limit passed to shutdown; 0 if it was not called
}

func (s *server) serve() error {
	if s.failed {
		return s.fails
	}
	<-s.closing
	return errClosed
}

func (s *server) shutdown(ctx context.Context) error {
	deadline, _ := ctx.Deadline()
	s.limit = time.Until(deadline)
	close(s.closing)
	select {
	case <-time.After(s.drain):
		return s.result
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestServe(t *testing.T) {
	const limit = 15 * time.Second // the default
	for name, test := range map[string]struct {
		server    server
		stopAfter time.Duration // 0 means never
		want      error
		took      time.Duration
		limit     time.Duration
	}{
		"it fails":              {server: server{failed: true, fails: errServe}, want: errServe},
		"it ends":               {server: server{failed: true}},
		"stopped":               {stopAfter: time.Minute, took: time.Minute, limit: limit},
		"stopped at once":       {stopAfter: time.Nanosecond, took: time.Nanosecond, limit: limit},
		"stopped with requests": {server: server{drain: 14 * time.Second}, stopAfter: time.Minute, took: 74 * time.Second, limit: limit},
		"the shutdown fails":    {server: server{drain: time.Second, result: errShutdown}, stopAfter: time.Minute, want: errShutdown, took: 61 * time.Second, limit: limit},
		"endless requests":      {server: server{drain: time.Hour}, stopAfter: time.Minute, want: context.DeadlineExceeded, took: 75 * time.Second, limit: limit},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := test.server
				s.closing = make(chan struct{})
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				if test.stopAfter > 0 {
					time.AfterFunc(test.stopAfter, stop)
				}
				start := time.Now()
				err := svcx.Serve(ctx, s.serve, s.shutdown)
				assert.ErrorIs(t, err, test.want)
				assert.Equal(t, test.took, time.Since(start))
				assert.Equal(t, test.limit, s.limit, "how long the shutdown may take")
			})
		})
	}
}

func TestServeWhenAlreadyStopped(t *testing.T) {
	l, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var s http.Server
	require.NoError(t, svcx.Serve(ctx, func() error { return s.Serve(l) }, s.Shutdown))
	_, err = net.Dial("tcp", l.Addr().String())
	assert.Error(t, err, "it still listens")
}

// TestServeStopTimeout stops a service whose requests don't end. The service is not considered
// hung, and has time left for the work after Serve.
func TestServeStopTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server{closing: make(chan struct{}), drain: time.Hour}
		var value any
		type key struct{}
		m := svcxtest.Start(t, &svcx.Service{Name: "x", StopTimeout: 8 * time.Second, Main: func(ctx context.Context) error {
			svcx.Ready(ctx)
			err := svcx.Serve(context.WithValue(ctx, key{}, "v"), s.serve, func(ctx context.Context) error {
				value = ctx.Value(key{})
				return s.shutdown(ctx)
			})
			time.Sleep(time.Second) // the log is flushed
			return err
		}})
		m.Ready(time.Second)
		start := time.Now()
		err := m.Stop(time.Minute)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.EqualError(t, err, "svcx: the server did not shut down within 6s: context deadline exceeded")
		assert.Equal(t, 7*time.Second, time.Since(start))
		assert.Equal(t, "v", value)
		m.AssertExitCode(0) // it was asked to stop
	})
}

// TestServeAnswers stops a service while a request is active.
func TestServeAnswers(t *testing.T) {
	l, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	begun, release := make(chan bool), make(chan bool)
	var answered atomic.Bool
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun <- true
		<-release
		io.WriteString(w, "in full")
		answered.Store(true)
	})}
	m := svcxtest.Start(t, &svcx.Service{Name: "x", Main: func(ctx context.Context) error {
		svcx.Ready(ctx)
		err := svcx.Serve(ctx, func() error { return s.Serve(l) }, func(ctx context.Context) error {
			time.AfterFunc(50*time.Millisecond, func() { close(release) }) // after http.Server.Serve has returned
			return s.Shutdown(ctx)
		})
		assert.True(t, answered.Load(), "the process ends now")
		return err
	}})
	m.Ready(time.Minute)
	conn, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	<-begun
	require.NoError(t, m.Stop(time.Minute))
	m.AssertExitCode(0)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, "in full", string(body))
}
