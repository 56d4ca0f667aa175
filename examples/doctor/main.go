// Doctor reports what is wrong with this machine's set-up for Go services, with commands that fix
// it, for cmd, PowerShell and sh. It changes nothing.
//
//	doctor                    everything that needs no network
//	doctor --only go,cgo      some checks, or groups of them
//	doctor --port 8080 --port 9000 --binary bin/orders
//	doctor --online           may use the network: does the module proxy answer?
//	doctor --json             for programs
//	doctor -v                 also each check that is fine
//
// It exits with 0 if there are no errors, with 1 if there are (or warnings, with --strict), and
// with 2 if the doctor itself failed.
//
// # JSON
//
// The format has a version number, "schema". It is incremented when a field is removed or changes
// its meaning, but not when fields are added. This is schema 1:
//
//	schema   1
//	os       the system: windows, linux, darwin, as GOOS
//	arch     its architecture, as GOARCH
//	lang     the language of the summaries: en, zh
//	results  what each check has found, in the order of --list
//	counts   how many results have each status; one that none has is left out
//	ms       how long it took, in milliseconds
//
// A result has these fields; empty or false fields are omitted, except for the first four and ms:
//
//	id           the check, as in --list: go.proxy
//	group        its heading in the text
//	status       ok
//	             info     nothing is wrong, but worth knowing
//	             warn     works now, bites later
//	             error    broken
//	             skip     does not apply to this machine
//	             unknown  could not be seen; the summary says why
//	summary      one line
//	evidence     lines: the values and files that led to it
//	fix          the command that fixes it, as it is typed into each shell: cmd, powershell, sh
//	             (on Windows: Git Bash); a shell that can't, or that the system
//	             does not have, is left out. A command is exact and can be undone;
//	             do is a sentence that says what no command does, such as a change
//	             to a line of a start-up file, and comes before the command
//	needs_admin  the fix needs an elevated shell (on Unix it has its sudo)
//	reboot       it has effect after a restart only
//	doc          where to read more
//	ms           how long it took to look, in milliseconds
//
// Credentials in URLs are replaced by ***, in the text too.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"

	"github.com/surefoot-go/surefoot/consolex"
	"github.com/surefoot-go/surefoot/internal/doctor"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], terminal{
		stdout: consolex.Stdout(), stderr: consolex.Stderr(),
		outIs: consolex.KindOf(os.Stdout), errIs: consolex.KindOf(os.Stderr),
		goos: runtime.GOOS, getenv: os.Getenv, prepare: prepare,
	})
	stop()
	os.Exit(code)
}

// prepare makes a Windows console obey escape sequences. The error is about one that can't.
func prepare() (restore func() error, err error) {
	if restore, err = consolex.UTF8(); err != nil {
		return restore, err
	}
	forbidden := os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb"
	if consolex.KindOf(os.Stdout) == consolex.Console && !forbidden && !consolex.Escapes(os.Stdout) {
		return restore, errors.Join(errors.New("a console without escape sequences"), restore())
	}
	return restore, nil
}

// terminal is what the doctor writes to.
type terminal struct {
	stdout, stderr io.Writer
	outIs, errIs   consolex.Kind
	goos           string
	getenv         func(string) string
	prepare        func() (restore func() error, err error) // makes a Windows console obey escape sequences
}

// list is a flag that takes names separated by commas, and may be repeated.
type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(s string) error { *l = append(*l, strings.Split(s, ",")...); return nil }

func run(ctx context.Context, args []string, t terminal) int {
	fail := func(err error) int {
		fmt.Fprintln(t.stderr, "doctor:", strings.TrimPrefix(err.Error(), "doctor: "))
		return 2
	}
	var only, skip, ports list
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	flags.SetOutput(t.stderr)
	flags.Var(&only, "only", "make only these `checks` (ids, or what stands before their dots)")
	flags.Var(&skip, "skip", "leave these `checks` out")
	flags.Var(&ports, "port", "a `port` that a service is to use (default 8080)")
	binary := flags.String("binary", "", "judge this program `file` for debugging and for the firewall")
	lang := flags.String("lang", doctor.Lang(), "`language`: zh or en")
	asJSON := flags.Bool("json", false, "print JSON")
	listOnly := flags.Bool("list", false, "list the checks")
	verbose := flags.Bool("v", false, "also show each check that is fine")
	strict := flags.Bool("strict", false, "warnings also give exit code 1")
	online := flags.Bool("online", false, "use the network: ask the module proxy, and a Docker engine elsewhere")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	options := doctor.Options{Only: only, Skip: skip, Binary: *binary, Lang: *lang, Online: *online}
	for _, port := range ports {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return fail(fmt.Errorf("--port %s: want a number from 1 to 65535", port))
		}
		options.Ports = append(options.Ports, int(n))
	}
	switch {
	case flags.NArg() > 0:
		return fail(fmt.Errorf("unexpected argument %q; flags begin with -", flags.Arg(0)))
	case *lang != "zh" && *lang != "en":
		return fail(fmt.Errorf("--lang %s: want zh or en", *lang))
	case *listOnly:
		for _, c := range doctor.Checks() {
			fmt.Fprintf(t.stdout, "%-14s %-9s %s\n", c.ID, c.Group, c.About)
		}
		return 0
	}
	if t.errIs.Terminal() { // not stdout, which may be a file, and JSON
		options.Progress = func(done, total int) {
			fmt.Fprintf(t.stderr, "\r%d/%d ", done, total)
			if done == total {
				fmt.Fprint(t.stderr, "\r       \r")
			}
		}
	}
	report, err := doctor.Run(ctx, options)
	if err == nil && *asJSON {
		err = writeJSON(t.stdout, report)
	} else if err == nil {
		err = t.text(report, *verbose)
	}
	switch {
	case err != nil:
		return fail(err)
	case report.Counts[doctor.Error] > 0, *strict && report.Counts[doctor.Warn] > 0:
		return 1
	}
	return 0
}

func writeJSON(w io.Writer, report doctor.Report) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false) // commands have & and >
	return enc.Encode(report)
}

// text prints the report for people. The console is prepared only now: before, its state was a
// thing to look at.
func (t terminal) text(report doctor.Report, verbose bool) error {
	plain := !t.outIs.Terminal()
	if !plain {
		restore, err := t.prepare()
		if err != nil {
			plain = true
		} else {
			defer restore()
		}
	}
	options := t.options(plain)
	options.Verbose = verbose
	return report.Text(t.stdout, options)
}

// options follows the rules of terminals: no-color.org, TERM=dumb, and a locale that can't show the
// marks. Plain is a file, a pipe, or a console without escape sequences.
func (t terminal) options(plain bool) doctor.TextOptions {
	o := doctor.TextOptions{Color: !plain && t.getenv("NO_COLOR") == "" && t.getenv("TERM") != "dumb"}
	if t.goos == "windows" { // which takes UTF-16; only a console that is old in all things has no font for it
		o.Unicode = !plain || !t.outIs.Terminal()
		if t.getenv("MSYSTEM") != "" {
			o.Shell = "sh"
		}
		return o
	}
	o.Shell = "sh"
	o.Unicode = doctor.UTF8Locale(t.getenv)
	return o
}
