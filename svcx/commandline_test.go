package svcx

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/svcx/internal/cli"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

func testFlags() (fs *flag.FlagSet, listen *string, verbose *bool) {
	fs = flag.NewFlagSet("orders", flag.ExitOnError) // its errors must not exit Main
	fs.SetOutput(io.Discard)
	return fs, fs.String("listen", ":80", "address"), fs.Bool("v", false, "verbose")
}

func TestParseStartArgs(t *testing.T) {
	fs, listen, verbose := testFlags()
	s := &Service{Name: "orders", Flags: fs}
	require.NoError(t, cli.ParseFlags(fs, []string{"-v"}))
	require.NoError(t, s.parseStartArgs([]string{"-listen", ":1"}))
	assert.Equal(t, ":1", *listen)
	assert.True(t, *verbose, "the command line's flags stay")
	err := s.parseStartArgs([]string{"-nope"})
	assert.Equal(t, spec.ExitUsage, ExitCode(err))
}

func TestExitCode(t *testing.T) {
	for want, err := range map[int]error{
		0: nil,
		1: errors.New("x"),
		7: &ExitError{Code: 7},
		9: errors.Join(errors.New("x"), &ExitError{Code: 9, Err: errors.New("y")}),
	} {
		assert.Equal(t, want, ExitCode(err))
	}
	assert.Equal(t, spec.ExitHung, ExitCode(fmt.Errorf("%w: late", ErrHung)))
	unfed := fmt.Errorf("%w: not fed", spec.ErrUnfed)
	assert.ErrorIs(t, unfed, ErrHung)
	assert.Equal(t, 1, ExitCode(unfed), "a watchdog that is not fed")
	assert.Equal(t, 1, ExitCode(&ExitError{Code: 0}), "a failure is never 0")
	assert.Equal(t, 1, ExitCode(&ExitError{Code: 512}), "512 is 0 on Unix")
	assert.Equal(t, 1, ExitCode(&ExitError{Code: -1}))
}
