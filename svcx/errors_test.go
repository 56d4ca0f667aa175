package svcx

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestErrorText(t *testing.T) {
	err := &Error{Op: "start", Service: "orders", Kind: ErrNotInstalled, Hint: "install it first", Err: errors.New("1060")}
	assert.EqualError(t, err, "svcx: start orders: the service is not installed (1060): install it first")
	assert.ErrorIs(t, err, ErrNotInstalled)
	assert.EqualError(t, &Error{Op: "stop", Service: "x", Kind: ErrNotRunning}, "svcx: stop x: the service does not run")
	assert.EqualError(t, &Error{Op: "stop", Service: "x", Err: errMain}, "svcx: stop x: main failed")
}
