package svcx

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWindowsExit(t *testing.T) {
	assert.Equal(t, 0, windowsExit(0, 0))
	assert.Equal(t, 7, windowsExit(1066, 7), "the service's own code")
	assert.Equal(t, 0, windowsExit(1077, 0), "it never ran")
	assert.Equal(t, 1067, windowsExit(1067, 0))
	assert.Equal(t, 1460, windowsExit(1460, 0))
}

func TestExplainErrno(t *testing.T) {
	for errno, want := range map[uint32]error{
		5: ErrAccessDenied, 1053: ErrStartFailed, 1056: ErrAlreadyRunning, 1060: ErrNotInstalled, 1062: ErrNotRunning,
		1068: ErrStartFailed, 1069: ErrStartFailed, 1072: ErrMarkedForDelete,
	} {
		_, kind := explainErrno(errno)
		assert.Equal(t, want, kind, "%d", errno)
	}
	for _, errno := range []uint32{2, 5, 1053, 1057, 1058, 1060, 1069, 1072} {
		hint, _ := explainErrno(errno)
		assert.NotEmpty(t, hint, "%d", errno)
	}
	hint, kind := explainErrno(87)
	assert.Empty(t, hint)
	assert.NoError(t, kind)
}

func TestErrorText(t *testing.T) {
	err := &Error{Op: "start", Service: "orders", Kind: ErrNotInstalled, Hint: "install it first", Err: errors.New("1060")}
	assert.EqualError(t, err, "svcx: start orders: the service is not installed (1060): install it first")
	assert.ErrorIs(t, err, ErrNotInstalled)
	assert.EqualError(t, &Error{Op: "stop", Service: "x", Kind: ErrNotRunning}, "svcx: stop x: the service does not run")
	assert.EqualError(t, &Error{Op: "stop", Service: "x", Err: errMain}, "svcx: stop x: main failed")
}
