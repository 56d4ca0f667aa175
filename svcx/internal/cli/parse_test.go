package cli

import (
	"flag"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func testFlags() (fs *flag.FlagSet, listen *string, verbose *bool) {
	fs = flag.NewFlagSet("orders", flag.ExitOnError) // its errors must not exit Main
	fs.SetOutput(io.Discard)
	return fs, fs.String("listen", ":80", "address"), fs.Bool("v", false, "verbose")
}

func TestParseCommandLine(t *testing.T) {
	for _, c := range []struct {
		name    string
		args    []string
		want    Invocation
		listen  string
		verbose bool
		rest    []string
		err     string
	}{
		{"none", nil, Invocation{Command: "run"}, ":80", false, nil, ""},
		{"command", []string{"start"}, Invocation{Command: "start", Done: "started"}, ":80", false, nil, ""},
		{"flag before", []string{"-listen", ":0", "install"}, Invocation{Command: "install", Flags: []string{"-listen", ":0"}, Done: "installed"}, ":0", false, nil, ""},
		{"flag behind", []string{"install", "--listen=:0", "-v"}, Invocation{Command: "install", Flags: []string{"--listen=:0", "-v"}, Done: "installed"}, ":0", true, nil, ""},
		{"both sides", []string{"-v", "install", "-listen", "start"}, Invocation{Command: "install", Flags: []string{"-v", "-listen", "start"}, Done: "installed"}, "start", true, nil, ""},
		{"flags only", []string{"-listen", "stop"}, Invocation{Command: "run", Flags: []string{"-listen", "stop"}}, "stop", false, nil, ""},
		{"words of run", []string{"run", "a", "-v"}, Invocation{Command: "run"}, ":80", false, []string{"a", "-v"}, ""},
		{"words behind --", []string{"run", "-v", "--", "-x"}, Invocation{Command: "run", Flags: []string{"-v"}}, ":80", true, []string{"-x"}, ""},
		{"words without a command", []string{"--", "x"}, Invocation{Command: "run"}, ":80", false, []string{"x"}, ""},
		{"json", []string{"status", "--json"}, Invocation{Command: "status", JSON: true}, ":80", false, nil, ""},
		{"json first", []string{"-json", "status"}, Invocation{Command: "status", JSON: true}, ":80", false, nil, ""},
		{"help of a command", []string{"install", "-h"}, Invocation{Command: "help", Operand: "install"}, ":80", false, nil, ""},
		{"help in words", []string{"help", "install"}, Invocation{Command: "help", Operand: "install"}, ":80", false, nil, ""},
		{"help alone", []string{"-help"}, Invocation{Command: "help"}, ":80", false, nil, ""},
		{"help for what there is not", []string{"help", "instal"}, Invocation{}, "", false, nil, `unknown command "instal"`},
		{"force", []string{"install", "--force", "-v"}, Invocation{Command: "install", Force: true, Flags: []string{"-v"}, Done: "installed"}, ":80", true, nil, ""},
		{"force elsewhere", []string{"start", "--force"}, Invocation{}, "", false, nil, "--force is a flag of"},
		{"render", []string{"render", "systemd", "-v"}, Invocation{Command: "render", Operand: "systemd", Flags: []string{"-v"}}, ":80", true, nil, ""},
		{"render nothing", []string{"render"}, Invocation{}, "", false, nil, "render needs a manager"},
		{"render for another", []string{"render", "upstart"}, Invocation{}, "", false, nil, "render needs a manager"},
		{"render twice", []string{"render", "scm", "systemd"}, Invocation{}, "", false, nil, `takes no argument "systemd"`},
		{"json elsewhere", []string{"start", "--json"}, Invocation{}, "", false, nil, "--json is a flag of the command status"},
		{"unknown command", []string{"instal"}, Invocation{}, "", false, nil, `unknown command "instal"`},
		{"unknown flag", []string{"install", "-nope"}, Invocation{}, "", false, nil, "flag provided but not defined: -nope"},
		{"bad value", []string{"install", "-v=perhaps"}, Invocation{}, "", false, nil, `invalid boolean value "perhaps"`},
		{"no value", []string{"install", "-listen"}, Invocation{}, "", false, nil, "flag needs an argument"},
		{"words of install", []string{"install", "x"}, Invocation{}, "", false, nil, `install takes no argument "x"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			fs, listen, verbose := testFlags()
			got, err := Parse(c.args, fs)
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.want, *got)
			assert.Equal(t, c.listen, *listen)
			assert.Equal(t, c.verbose, *verbose)
			assert.ElementsMatch(t, c.rest, fs.Args())
			assert.Equal(t, flag.ExitOnError, fs.ErrorHandling(), "the set is as it was")
		})
	}
}

func TestElevated(t *testing.T) {
	assert.Equal(t, `Start-Process -Verb RunAs 'C:\it''s here\svc.exe' -ArgumentList 'install','-name','"a b"'`,
		Elevated("windows", `C:\it's here\svc.exe`, []string{"install", "-name", "a b"}))
	assert.Equal(t, `sudo /usr/bin/svc install -name 'it'\''s a'`, Elevated("linux", "/usr/bin/svc", []string{"install", "-name", "it's a"}))
}
