package pathx

import (
	"encoding/json"
	"errors"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCarries(t *testing.T) {
	for name, want := range map[string]bool{
		"orders.json": true, "Orders.JSON": true, "my-orders.yaml": true, ".ordersrc": false, ".orders": true,
		"orders": true, "reorders.json": false, "orders2.json": false, "config.json": false, "xorders-orders.json": true,
	} {
		assert.Equal(t, want, carries(name, "orders"), name)
	}
}

func TestAttemptString(t *testing.T) {
	for _, tt := range []struct {
		attempt Attempt
		want    string
	}{
		{Attempt{Source: FromUser, Path: "/h/orders.json"}, "user /h/orders.json: taken"},
		{Attempt{FromEnv, "/x", syscall.ENOENT, ""}, "env /x: does not exist"},
		{Attempt{FromFlag, "/x", syscall.EACCES, "ask"}, "flag /x: access denied (ask)"},
		{Attempt{FromSystem, "/x", errIsDirectory, ""}, "system /x: is a directory"},
		{Attempt{FromSystem, "/x", ErrNotRegular, ""}, "system /x: not a regular file"},
		{Attempt{FromSystem, "", ErrSkipped, "why"}, "system: skipped (why)"},
		{Attempt{FromWorkDir, "/x", ErrNotReached, ""}, "workdir /x: not reached"},
		{Attempt{FromWorkDir, "/x", errors.New("broken"), ""}, "workdir /x: failed: broken"},
		{Attempt{FromExecutable, "/x", &UntrustedError{Path: "/x", Who: []string{"everyone"}, Fix: "chmod"}, "chmod"},
			"executable /x: not trusted: /x can be changed by everyone (chmod)"},
		{Attempt{Source: 77}, "Source(77): taken"},
	} {
		assert.Equal(t, tt.want, tt.attempt.String())
		text, err := json.Marshal(tt.attempt)
		require.NoError(t, err)
		var got string
		require.NoError(t, json.Unmarshal(text, &got))
		assert.Equal(t, tt.want, got)
	}
}
