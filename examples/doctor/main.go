// Doctor says what is wrong with this machine's set-up for Go services, and the
// command that mends it. It changes nothing.
//
//	doctor                    everything that needs no network
//	doctor --only go,cgo      some checks, or groups of them
//	doctor --port 8080 --port 9000 --binary bin/orders
//	doctor --json             for programs; "schema" says which form
//
// It exits with 0 where there are no errors, with 1 where there are (with
// --strict: warnings too), and with 2 where the doctor itself has failed.
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
	restore, err := consolex.UTF8()
	if err != nil {
		fmt.Fprintln(os.Stderr, "doctor:", err)
	}
	code := run(ctx, os.Args[1:], consolex.Stdout(), consolex.Stderr(), consolex.KindOf(os.Stdout), os.Getenv)
	if restore != nil {
		restore()
	}
	stop()
	os.Exit(code)
}

// list is a flag that takes names separated by commas, and may be repeated.
type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(s string) error { *l = append(*l, strings.Split(s, ",")...); return nil }

func run(ctx context.Context, args []string, stdout, stderr io.Writer, kind consolex.Kind, getenv func(string) string) int {
	var only, skip, ports list
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Var(&only, "only", "run only these `checks` (ids, or what stands before their dot)")
	flags.Var(&skip, "skip", "leave these `checks` out")
	flags.Var(&ports, "port", "a `port` that a service is to use (default 8080)")
	binary := flags.String("binary", "", "judge this program `file` for debugging and for the firewall")
	lang := flags.String("lang", doctor.Lang(), "language: zh or en")
	asJSON := flags.Bool("json", false, "print JSON")
	listOnly := flags.Bool("list", false, "list the checks")
	strict := flags.Bool("strict", false, "warnings too give exit code 1")
	online := flags.Bool("online", false, "ask the module proxy over the network")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	fail := func(err error) int {
		fmt.Fprintln(stderr, "doctor:", err)
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
			fmt.Fprintf(stdout, "%-14s %-9s %s\n", c.ID, c.Group, c.About)
		}
		return 0
	}

	terminal := kind == consolex.Console || kind == consolex.Pty || kind == consolex.MSYS
	if terminal && !*asJSON {
		options.Progress = func(done, all int) { fmt.Fprintf(stdout, "\r%d/%d ", done, all) }
	}
	report, err := doctor.Run(ctx, options)
	if options.Progress != nil {
		fmt.Fprint(stdout, "\r        \r")
	}
	if err != nil {
		return fail(err)
	}
	if *asJSON {
		enc := json.NewEncoder(stdout)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		err = enc.Encode(report)
	} else {
		err = report.Text(stdout, textOptions(*lang, terminal, getenv))
	}
	if err != nil {
		return fail(err)
	}
	if report.Counts[doctor.Error] > 0 || *strict && report.Counts[doctor.Warn] > 0 {
		return 1
	}
	return 0
}

// textOptions follows the rules of terminals: NO_COLOR (no-color.org), a dumb
// terminal, and a locale that can't show the marks.
func textOptions(lang string, terminal bool, getenv func(string) string) doctor.TextOptions {
	o := doctor.TextOptions{Lang: lang, Unicode: true, Color: terminal && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"}
	if runtime.GOOS == "windows" {
		if getenv("MSYSTEM") != "" {
			o.Shell = "sh"
		}
		return o
	}
	o.Shell = "sh"
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := getenv(name); value != "" {
			upper := strings.ToUpper(value)
			o.Unicode = strings.Contains(upper, "UTF-8") || strings.Contains(upper, "UTF8")
			return o
		}
	}
	o.Unicode = false
	return o
}
