package svcx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/surefoot-go/surefoot/internal/shquote"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"github.com/surefoot-go/surefoot/svcx/internal/supervisor"
	"github.com/surefoot-go/surefoot/svcx/internal/winsvc"
)

// Main is a whole main function: it runs a command of the command line on s and
// exits.
//
//	run             run the service; also without a command, as managers do
//	install         register it, or bring what is registered up to date; with
//	                --force also where the name is another program's
//	uninstall       stop and remove it; --force as above
//	start           start it and wait until it is ready
//	stop            stop it and wait until it has stopped
//	restart         stop and start it, and what depends on it
//	upgrade FILE    replace its program by FILE, or keep the old one if that
//	                does not become ready; see Service.Upgrade
//	status          print its state; with --json for programs
//	logs            print its log, by Service.Logs or as that field says
//	render MANAGER  print what install would register: systemd, launchd, openrc,
//	                scm
//	help [COMMAND]  print what the commands do; also -h
//
// The program's own flags (Service.Flags) may stand before or behind the
// command; Main parses them. Those given to install and render become arguments of
// the service's command line, behind Service.Args. Arguments that are no flags may
// follow the command run only, and stay in Flags.Args.
//
// Exit codes:
//
//	0     done; start: it runs already; stop: it did not run; status: it runs
//	1     failed; run: what Main returned has no exit code of its own, or Main
//	      did not feed the watchdog
//	2     wrong usage
//	3     status: it is installed and does not run
//	4     it is not installed
//	5     access denied: the command to use is printed
//	124   run: Main did not become ready within StartTimeout, or did not return
//	      within StopTimeout
//	130   run: a second Ctrl+C or SIGINT (143: SIGTERM)
//	else  run: the ExitCode of what Main returned; see [ExitError]
//
// A Windows service whose command line is wrong leaves the reason in output.log.
func Main(s *Service) { os.Exit(s.execute(os.Args[1:], os.Stdout, os.Stderr)) }

// execute is Main with its surroundings, and returns the exit code.
func (s *Service) execute(args []string, stdout, stderr io.Writer) int {
	if err := s.check(); err != nil {
		return s.refuse(err, stderr, false)
	}
	inv, err := parseCommandLine(args, s.flags())
	if err != nil {
		return s.refuse(err, stderr, true)
	}
	switch {
	case inv.command == "help":
		s.usage(stdout, inv.operand)
		return 0
	case inv.command == "run":
		err = s.Run(context.Background())
	default:
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
		go func() {
			select {
			case <-signals:
				cancel()
				signal.Stop(signals) // the next one ends the process
			case <-ctx.Done():
			}
		}()
		err = s.manage(ctx, inv, stdout)
	}
	if err == nil {
		return 0
	}
	_, logged := errors.AsType[*spec.Logged](err)
	if !logged && (inv.command == "run" || ExitCode(err) != spec.ExitStopped) {
		supervisor.Tell(stderr, fmt.Appendf(nil, "%s: %s\n", s.Name, spec.TrimPrefix(err)))
	}
	if inv.command != "run" && errors.Is(err, ErrAccessDenied) {
		fmt.Fprintf(stderr, "%s: use\n\t%s\n", s.Name, elevated(runtime.GOOS, executablePath(), args))
	}
	return ExitCode(err)
}

// refuse ends a program whose command line is wrong. A Windows service has no
// standard error: it writes the reason to its log and tells the SCM that it failed.
func (s *Service) refuse(err error, stderr io.Writer, usage bool) int {
	if Under() == SCM && spec.CheckName(s.Name) == nil {
		broken := *s
		broken.Main = func(context.Context) error { return &ExitError{spec.ExitUsage, err} }
		broken.Run(context.Background())
		return spec.ExitUsage
	}
	if !usage {
		fmt.Fprintln(stderr, err)
		return spec.ExitUsage
	}
	fmt.Fprintf(stderr, "%s: %v\n\n", s.Name, err)
	s.usage(stderr, "")
	return spec.ExitUsage
}

// manage runs a command other than run and help.
func (s *Service) manage(ctx context.Context, inv invocation, stdout io.Writer) (err error) {
	defer func() {
		switch {
		case errors.Is(err, ErrNotInstalled):
			err = &ExitError{spec.ExitNotInstalled, err}
		case errors.Is(err, ErrAccessDenied):
			err = &ExitError{spec.ExitDenied, err}
		}
	}()
	say := func(text string) { fmt.Fprintf(stdout, "%s: %s\n", s.Name, text) }
	done := func(text string, err error) error {
		if err == nil {
			say(text)
		}
		return err
	}
	c := *s
	c.Force = s.Force || inv.force
	switch inv.command {
	case "install":
		c.Args = slices.Concat(s.Args, inv.flags)
		changed, err := c.Converge(ctx)
		if err != nil {
			return err
		}
		for _, what := range changed {
			say(what)
		}
		say("installed")
	case "uninstall":
		return done("uninstalled", c.Uninstall(ctx))
	case "start":
		if err := s.Start(ctx); !errors.Is(err, ErrAlreadyRunning) {
			return done("started", err)
		}
		say("runs already")
	case "stop":
		if err := s.Stop(ctx); !errors.Is(err, ErrNotRunning) {
			return done("stopped", err)
		}
		say("does not run")
	case "restart":
		return done("restarted", s.Restart(ctx))
	case "upgrade":
		return done("upgraded", s.Upgrade(ctx, inv.operand))
	case "status":
		return s.printStatus(ctx, inv.json, stdout)
	case "logs":
		return s.printLogs(ctx, stdout)
	case "render":
		c.Args = slices.Concat(s.Args, inv.flags)
		m, _ := rendererOf(inv.operand)
		text, err := c.Render(m)
		if err != nil {
			return err
		}
		_, err = stdout.Write(text)
		return err
	}
	return nil
}

// printLogs prints the service's log.
func (s *Service) printLogs(ctx context.Context, stdout io.Writer) error {
	if s.Logs != nil {
		return s.Logs(ctx, stdout)
	}
	b, p, err := s.backend("logs")
	if err != nil {
		return fmt.Errorf("%w (or set Service.Logs, for example to a function that prints what eventx.Query yields)", err)
	}
	keeper, ok := b.(spec.LogKeeper)
	if !ok {
		return fmt.Errorf("svcx: %s: set Service.Logs", s.Name)
	}
	return s.fail("logs", keeper.Logs(ctx, p, stdout))
}

// errStopped makes status exit with its code and without a word.
var errStopped = &ExitError{Code: spec.ExitStopped}

func (s *Service) printStatus(ctx context.Context, json bool, stdout io.Writer) error {
	st, err := s.Status(ctx)
	if err != nil {
		if json && errors.Is(err, ErrNotInstalled) {
			fmt.Fprintf(stdout, "{\"name\":%s,\"state\":\"not-installed\"}\n", spec.JSONString(s.Name))
		}
		return err
	}
	if json {
		fmt.Fprintf(stdout, "{\"name\":%s,\"state\":%s,\"pid\":%d,\"exitCode\":%d,\"start\":%s}\n",
			spec.JSONString(s.Name), spec.JSONString(st.State.String()), st.PID, st.ExitCode, spec.JSONString(st.Start.String()))
	} else {
		line := s.Name + ": " + st.State.String()
		if st.PID != 0 {
			line += ", pid " + strconv.Itoa(st.PID)
		}
		if st.State == Stopped {
			line += ", last exit code " + strconv.Itoa(st.ExitCode)
		}
		fmt.Fprintln(stdout, line+", start "+st.Start.String())
	}
	if st.State == Stopped {
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

// elevated is the command line that runs the command with the rights it needs.
func elevated(system, exe string, args []string) string {
	var b strings.Builder
	if system == "windows" { // for PowerShell, where '' is a quote in quotes
		quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
		fmt.Fprintf(&b, "Start-Process -Verb RunAs %s", quote(exe))
		for i, arg := range args {
			b.WriteString([...]string{" -ArgumentList ", ","}[min(i, 1)] + quote(winsvc.Quote(arg)))
		}
		return b.String()
	}
	b.WriteString("sudo")
	for _, word := range append([]string{exe}, args...) {
		b.WriteString(" " + shquote.Quote(word))
	}
	return b.String()
}
