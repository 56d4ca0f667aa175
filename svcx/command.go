package svcx

import (
	"context"
	"errors"
	"flag"
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
)

// Main is a whole main function: it runs a command of the command line on s and
// exits.
//
//	run         run the service; also without a command, as managers do
//	install     register it, or bring what is registered up to date
//	uninstall   stop and remove it
//	start       start it and wait until it is ready
//	stop        stop it and wait until it has stopped
//	restart     stop and start it
//	status      print its state; with --json for programs
//	logs        print its log, by Service.Logs
//
// The program's own flags (Service.Flags) may stand before or behind the
// command; Main parses them. Those given to install become arguments of the
// service's command line, behind Service.Args. Arguments that are no flags may
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
//	124   run: Main did not return within StopTimeout
//	130   run: a second Ctrl+C or SIGINT (143: SIGTERM)
//	else  run: the ExitCode of what Main returned; see [ExitError]
func Main(s *Service) { os.Exit(s.execute(os.Args[1:], os.Stdout, os.Stderr)) }

var commands = [...]struct{ name, does string }{
	{"run", "run it (also without a command)"},
	{"install", "register it, or bring its registration up to date"},
	{"uninstall", "stop and remove it"},
	{"start", "start it and wait until it is ready"},
	{"stop", "stop it and wait until it has stopped"},
	{"restart", "stop and start it"},
	{"status", "print its state; --json for programs"},
	{"logs", "print its log"},
}

// execute is Main with its surroundings, and returns the exit code.
func (s *Service) execute(args []string, stdout, stderr io.Writer) int {
	if err := s.check(); err != nil {
		fmt.Fprintln(stderr, err)
		return exitUsage
	}
	inv, err := parseCommandLine(args, s.flags())
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n\n", s.Name, err)
		s.usage(stderr)
		return exitUsage
	}
	if inv.help {
		s.usage(stdout)
		return 0
	}
	if inv.command == "run" {
		err = s.Run(context.Background())
	} else {
		ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer cancel()
		err = s.manage(ctx, inv, stdout)
	}
	if err == nil {
		return 0
	}
	if inv.command == "run" || ExitCode(err) != exitStopped {
		tell(stderr, fmt.Appendf(nil, "%s: %s\n", s.Name, trimPrefix(err)))
	}
	if inv.command != "run" && errors.Is(err, ErrAccessDenied) {
		fmt.Fprintf(stderr, "%s: use\n\t%s\n", s.Name, elevated(runtime.GOOS, executablePath(), args))
	}
	return ExitCode(err)
}

// manage runs a command other than run.
func (s *Service) manage(ctx context.Context, inv invocation, stdout io.Writer) (err error) {
	defer func() {
		switch {
		case errors.Is(err, ErrNotInstalled):
			err = &ExitError{exitNotInstalled, err}
		case errors.Is(err, ErrAccessDenied):
			err = &ExitError{exitDenied, err}
		}
	}()
	say := func(text string) { fmt.Fprintf(stdout, "%s: %s\n", s.Name, text) }
	switch inv.command {
	case "install":
		c := *s
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
		if err := s.Uninstall(ctx); err != nil {
			return err
		}
		say("uninstalled")
	case "start":
		switch err := s.Start(ctx); {
		case errors.Is(err, ErrAlreadyRunning):
			say("runs already")
		case err != nil:
			return err
		default:
			say("started")
		}
	case "stop":
		switch err := s.Stop(ctx); {
		case errors.Is(err, ErrNotRunning):
			say("does not run")
		case err != nil:
			return err
		default:
			say("stopped")
		}
	case "restart":
		if err := s.Restart(ctx); err != nil {
			return err
		}
		say("restarted")
	case "status":
		return s.printStatus(ctx, inv.json, stdout)
	case "logs":
		if s.Logs == nil {
			return fmt.Errorf("svcx: no log is wired in: set Service.Logs, for example to a function that prints what eventx.Query yields")
		}
		return s.Logs(ctx, stdout)
	}
	return nil
}

// errStopped makes status exit with its code and without a word.
var errStopped = &ExitError{Code: exitStopped}

func (s *Service) printStatus(ctx context.Context, json bool, stdout io.Writer) error {
	st, err := s.Status(ctx)
	if err != nil {
		if json && errors.Is(err, ErrNotInstalled) {
			fmt.Fprintf(stdout, "{\"name\":%s,\"state\":\"not-installed\"}\n", jsonString(s.Name))
		}
		return err
	}
	if json {
		fmt.Fprintf(stdout, "{\"name\":%s,\"state\":%s,\"pid\":%d,\"exitCode\":%d,\"start\":%s}\n",
			jsonString(s.Name), jsonString(st.State.String()), st.PID, st.ExitCode, jsonString(st.Start.String()))
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

func (s *Service) usage(w io.Writer) {
	fmt.Fprintf(w, "usage: %s [command] [flags]\n\ncommands:\n", s.Name)
	for _, c := range commands {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, c.does)
	}
	fs := s.flags()
	any := false
	fs.VisitAll(func(*flag.Flag) { any = true })
	if any {
		fmt.Fprint(w, "\nflags:\n")
		before := fs.Output()
		fs.SetOutput(w)
		fs.PrintDefaults()
		fs.SetOutput(before)
	}
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
			b.WriteString([...]string{" -ArgumentList ", ","}[min(i, 1)] + quote(quoteWindowsArg(arg)))
		}
		return b.String()
	}
	b.WriteString("sudo")
	for _, word := range append([]string{exe}, args...) {
		b.WriteString(" " + shquote.Quote(word))
	}
	return b.String()
}
