package svcx

import (
	"errors"
	"flag"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

func testFlags() (fs *flag.FlagSet, listen *string, verbose *bool) {
	fs = flag.NewFlagSet("orders", flag.ExitOnError) // Main must not be ended by it
	fs.SetOutput(io.Discard)
	return fs, fs.String("listen", ":80", "address"), fs.Bool("v", false, "verbose")
}

func TestParseCommandLine(t *testing.T) {
	for _, c := range []struct {
		name    string
		args    []string
		want    invocation
		listen  string
		verbose bool
		rest    []string
		err     string
	}{
		{"none", nil, invocation{command: "run"}, ":80", false, nil, ""},
		{"command", []string{"start"}, invocation{command: "start"}, ":80", false, nil, ""},
		{"flag before", []string{"-listen", ":0", "install"}, invocation{command: "install", flags: []string{"-listen", ":0"}}, ":0", false, nil, ""},
		{"flag behind", []string{"install", "--listen=:0", "-v"}, invocation{command: "install", flags: []string{"--listen=:0", "-v"}}, ":0", true, nil, ""},
		{"both sides", []string{"-v", "install", "-listen", "start"}, invocation{command: "install", flags: []string{"-v", "-listen", "start"}}, "start", true, nil, ""},
		{"flags only", []string{"-listen", "stop"}, invocation{command: "run", flags: []string{"-listen", "stop"}}, "stop", false, nil, ""},
		{"words of run", []string{"run", "a", "-v"}, invocation{command: "run"}, ":80", false, []string{"a", "-v"}, ""},
		{"words behind --", []string{"run", "-v", "--", "-x"}, invocation{command: "run", flags: []string{"-v"}}, ":80", true, []string{"-x"}, ""},
		{"words without a command", []string{"--", "x"}, invocation{command: "run"}, ":80", false, []string{"x"}, ""},
		{"json", []string{"status", "--json"}, invocation{command: "status", json: true}, ":80", false, nil, ""},
		{"json first", []string{"-json", "status"}, invocation{command: "status", json: true}, ":80", false, nil, ""},
		{"help of a command", []string{"install", "-h"}, invocation{command: "help", operand: "install"}, ":80", false, nil, ""},
		{"help in words", []string{"help", "install"}, invocation{command: "help", operand: "install"}, ":80", false, nil, ""},
		{"help alone", []string{"-help"}, invocation{command: "help"}, ":80", false, nil, ""},
		{"help for what there is not", []string{"help", "instal"}, invocation{}, "", false, nil, `unknown command "instal"`},
		{"force", []string{"install", "--force", "-v"}, invocation{command: "install", force: true, flags: []string{"-v"}}, ":80", true, nil, ""},
		{"force elsewhere", []string{"start", "--force"}, invocation{}, "", false, nil, "--force is a flag of"},
		{"render", []string{"render", "systemd", "-v"}, invocation{command: "render", operand: "systemd", flags: []string{"-v"}}, ":80", true, nil, ""},
		{"render nothing", []string{"render"}, invocation{}, "", false, nil, "render needs a manager"},
		{"render for another", []string{"render", "upstart"}, invocation{}, "", false, nil, "render needs a manager"},
		{"render twice", []string{"render", "scm", "systemd"}, invocation{}, "", false, nil, `takes no argument "systemd"`},
		{"json elsewhere", []string{"start", "--json"}, invocation{}, "", false, nil, "--json is a flag of the command status"},
		{"unknown command", []string{"instal"}, invocation{}, "", false, nil, `unknown command "instal"`},
		{"unknown flag", []string{"install", "-nope"}, invocation{}, "", false, nil, "flag provided but not defined: -nope"},
		{"bad value", []string{"install", "-v=perhaps"}, invocation{}, "", false, nil, `invalid boolean value "perhaps"`},
		{"no value", []string{"install", "-listen"}, invocation{}, "", false, nil, "flag needs an argument"},
		{"words of install", []string{"install", "x"}, invocation{}, "", false, nil, `install takes no argument "x"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			fs, listen, verbose := testFlags()
			got, err := parseCommandLine(c.args, fs)
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
			assert.Equal(t, c.listen, *listen)
			assert.Equal(t, c.verbose, *verbose)
			assert.ElementsMatch(t, c.rest, fs.Args())
			assert.Equal(t, flag.ExitOnError, fs.ErrorHandling(), "the set is as it was")
		})
	}
}

func TestParseStartArgs(t *testing.T) {
	fs, listen, verbose := testFlags()
	s := &Service{Name: "orders", Flags: fs}
	require.NoError(t, parseFlags(fs, []string{"-v"}))
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
	assert.Equal(t, 1, ExitCode(&ExitError{Code: 0}), "a failure is never 0")
	assert.Equal(t, 1, ExitCode(&ExitError{Code: 512}), "512 is 0 on Unix")
	assert.Equal(t, 1, ExitCode(&ExitError{Code: -1}))
}

func TestElevated(t *testing.T) {
	assert.Equal(t, `Start-Process -Verb RunAs 'C:\it''s here\svc.exe' -ArgumentList 'install','-name','"a b"'`,
		elevated("windows", `C:\it's here\svc.exe`, []string{"install", "-name", "a b"}))
	assert.Equal(t, `sudo /usr/bin/svc install -name 'it'\''s a'`, elevated("linux", "/usr/bin/svc", []string{"install", "-name", "it's a"}))
}
