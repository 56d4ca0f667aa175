//go:build linux || windows

package main

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// freePort returns a port for a service that can't say which one it has got.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	return port
}
