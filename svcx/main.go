package svcx

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/surefoot-go/surefoot/svcx/internal/cli"
	"github.com/surefoot-go/surefoot/svcx/internal/process"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"github.com/surefoot-go/surefoot/svcx/internal/supervisor"
)

// Main is a complete main function: it executes the command in the command line for s and exits.
//
//	run             run the service; also without a command, as managers do
//	install         register it, or bring its registration up to date; with
//	                --force even if the name belongs to another program
//	uninstall       stop and remove it; --force as above
//	start           start it and wait until it is ready
//	stop            stop it and wait until it has stopped
//	restart         stop and start it and the services that depend on it
//	upgrade FILE    replace its program with FILE, or keep the old one if FILE
//	                does not become ready; see Service.Upgrade
//	status          print its state; with --json for programs
//	logs            print its log; see Service.Logs
//	render MANAGER  print what install would register: systemd, launchd, openrc,
//	                scm
//	help [COMMAND]  describe the commands; also -h
//
// The program's own flags (Service.Flags) may come before or after the command; Main parses them.
// Flags given to install and render become arguments in the service's command line, after
// Service.Args. Only run accepts arguments that are not flags; Flags.Args returns them.
//
// Exit codes:
//
//	0     success; start: it was already running; stop: it was not running;
//	      status: it is running
//	1     failure; run: Main's error has no exit code of its own, or Main
//	      did not feed the watchdog
//	2     invalid command line
//	3     status: it is installed but not running
//	4     it is not installed
//	5     access denied: the command to use is printed
//	124   run: Main did not become ready within StartTimeout, or did not return
//	      within StopTimeout
//	130   run: a second Ctrl+C or SIGINT (143: SIGTERM)
//	else  run: the exit code of Main's error; see [ExitError]
//
// If the command line of a Windows service is invalid, the reason is in output.log.
func Main(s *Service) { os.Exit(s.execute(os.Args[1:], os.Stdout, os.Stderr)) }

// execute implements Main with explicit arguments and outputs, and returns the exit code.
func (s *Service) execute(args []string, stdout, stderr io.Writer) int {
	if err := s.check(); err != nil {
		return s.refuse(err, stderr, false)
	}
	inv, err := cli.Parse(args, s.flags())
	if err != nil {
		return s.refuse(err, stderr, true)
	}
	run := inv.Command == "run"
	switch {
	case inv.Command == "help":
		io.WriteString(stdout, cli.Usage(s.Name, inv.Operand, s.flags()))
	case run:
		err = s.Run(context.Background())
	default:
		ctx, cancel := process.Interruptible()
		err = s.manage(ctx, inv, stdout)
		cancel()
	}
	logged := run && Under() == SCM // written before Main's end was reported to the SCM
	switch {
	case err == nil && inv.Done != "":
		io.WriteString(stdout, s.Name+": "+inv.Done+"\n")
	case err != nil && err != errStopped && !logged:
		supervisor.Tell(stderr, fmt.Appendf(nil, "%s: %s\n", s.Name, spec.TrimPrefix(err)))
	}
	switch {
	case run:
	case errors.Is(err, ErrNotInstalled):
		return spec.ExitNotInstalled
	case errors.Is(err, ErrAccessDenied):
		io.WriteString(stderr, s.Name+": use\n\t"+cli.Elevated(runtime.GOOS, executablePath(), args)+"\n")
		return spec.ExitDenied
	}
	return ExitCode(err)
}

// refuse handles an invalid service or command line and returns the exit code. A Windows service
// has no standard error, so refuse writes the reason to the service's log and reports the failure
// to the SCM.
func (s *Service) refuse(err error, stderr io.Writer, usage bool) int {
	if Under() == SCM && spec.CheckName(s.Name) == nil {
		broken := *s
		broken.Main = func(context.Context) error { return &ExitError{spec.ExitUsage, err} }
		broken.Run(context.Background())
		return spec.ExitUsage
	}
	if !usage {
		io.WriteString(stderr, err.Error()+"\n")
		return spec.ExitUsage
	}
	io.WriteString(stderr, s.Name+": "+err.Error()+"\n\n"+cli.Usage(s.Name, "", s.flags()))
	return spec.ExitUsage
}

// manage runs a command other than run and help.
func (s *Service) manage(ctx context.Context, inv *cli.Invocation, stdout io.Writer) error {
	c := *s
	c.Force = s.Force || inv.Force
	switch inv.Command {
	case "install":
		c.Args = spec.Append(s.Args, inv.Flags...)
		changed, err := c.Converge(ctx)
		if err == nil {
			for _, what := range changed {
				io.WriteString(stdout, s.Name+": "+what+"\n")
			}
		}
		return err
	case "status":
		return s.printStatus(ctx, inv.JSON, stdout)
	case "logs":
		return s.printLogs(ctx, stdout)
	case "render":
		c.Args = spec.Append(s.Args, inv.Flags...)
		text, err := c.Render(Manager(cli.Renderer(inv.Operand)))
		if err == nil {
			_, err = stdout.Write(text)
		}
		return err
	}
	err := c.ask(ctx, inv.Command, inv.Operand)
	switch {
	case inv.Command == "start" && errors.Is(err, ErrAlreadyRunning):
		inv.Done, err = "runs already", nil
	case inv.Command == "stop" && errors.Is(err, ErrNotRunning):
		inv.Done, err = "does not run", nil
	}
	return err
}

// printLogs prints the service's log.
func (s *Service) printLogs(ctx context.Context, stdout io.Writer) error {
	if s.Logs != nil {
		return s.Logs(ctx, stdout)
	}
	b, p, err := s.backend("logs")
	if err != nil {
		return spec.Errorf("%w (or set Service.Logs, for example to a function that prints what eventx.Query yields)", err)
	}
	return s.fail("logs", b.Logs(ctx, p, stdout))
}

// errStopped makes the status command exit with code 3 without printing an error.
var errStopped error = &ExitError{Code: spec.ExitStopped}

func (s *Service) printStatus(ctx context.Context, json bool, stdout io.Writer) error {
	st, err := s.status(ctx)
	if err != nil {
		if json && errors.Is(err, ErrNotInstalled) {
			io.WriteString(stdout, `{"name":`+spec.JSONString(s.Name)+`,"state":"not-installed"}`+"\n")
		}
		return err
	}
	io.WriteString(stdout, cli.Status(s.Name, st, json)+"\n")
	if st.State == spec.Stopped {
		return errStopped
	}
	return nil
}

func executablePath() string {
	exe, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	return exe
}

func (s *Service) flags() *flag.FlagSet {
	if s.Flags != nil {
		return s.Flags
	}
	return flag.CommandLine
}

// parseStartArgs parses the arguments passed to StartService, in addition to the flags in the
// command line.
func (s *Service) parseStartArgs(args []string) error {
	if len(args) == 0 {
		return nil
	}
	if err := cli.ParseFlags(s.flags(), args); err != nil {
		return &ExitError{spec.ExitUsage, spec.Errorf("svcx: %s: start arguments: %w", s.Name, err)}
	}
	return nil
}
