package svcx

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestExecuteWithoutManager(t *testing.T) {
	s := &Service{Name: "orders", Main: func(context.Context) error { return &ExitError{7, errMain} }}
	s.Flags, _, _ = testFlags()
	run := func(want int, args ...string) (stdout, stderr string) {
		t.Helper()
		var out, errs bytes.Buffer
		assert.Equal(t, want, s.execute(args, &out, &errs), "%s%s", &out, &errs)
		return out.String(), errs.String()
	}
	const usage = `usage: orders [command] [flags]

commands:
  run             run it (also without a command)
  install         register it, or bring its registration up to date
  uninstall       stop and remove it
  start           start it and wait until it is ready
  stop            stop it and wait until it has stopped
  restart         stop and start it
  upgrade FILE    replace its program, or keep the old one if the new one fails
  status          print its state; --json for programs
  logs            print its log
  render MANAGER  print what install would register (systemd, launchd, openrc, scm)
  help [COMMAND]  print this text, or more of one command

flags:
  -listen string
    	address (default ":80")
  -v	verbose
`
	out, errs := run(0, "-h")
	assert.Equal(t, usage, out)
	assert.Empty(t, errs)
	out, errs = run(0, "help")
	assert.Equal(t, usage, out)
	assert.Empty(t, errs)
	out, _ = run(0, "help", "uninstall")
	assert.Contains(t, out, "usage: orders uninstall [flags]\n\nuninstall: stop and remove it\n\nIts logs and data stay.")
	out, _ = run(0, "render", "scm", "-v")
	assert.Contains(t, out, " -v\",\n")
	out, _ = run(0, "render", "scm")
	assert.Contains(t, out, `"binaryPath": `)
	_, errs = run(2, "instal")
	assert.Equal(t, "orders: unknown command \"instal\"\n\n"+usage, errs)
	_, errs = run(7)
	assert.Equal(t, "orders: main failed\n", errs)
	_, errs = run(7, "run", "-v")
	assert.Equal(t, "orders: main failed\n", errs)

	_, errs = run(1, "logs")
	assert.Contains(t, errs, "set Service.Logs")
	s.Logs = func(_ context.Context, w io.Writer) error { _, err := fmt.Fprintln(w, "a line"); return err }
	out, _ = run(0, "logs")
	assert.Equal(t, "a line\n", out)

	s.Main = nil
	_, errs = run(2)
	assert.Contains(t, errs, "set Service.Main")
}
