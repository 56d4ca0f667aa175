// Package cli is the command line of dev.
package cli

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/surefoot-go/surefoot/consolex"
	"github.com/surefoot-go/surefoot/examples/dev/internal/direct"
	"github.com/surefoot-go/surefoot/examples/dev/internal/guard"
	"github.com/surefoot-go/surefoot/svcx"
)

const usage = `Dev runs the services of a Go module or workspace, and replaces each when its source changes.

    dev [flags]    run them, as dev.toml says here or in a directory above; without one, every main package
    dev init       write a dev.toml for what there is: main packages, a Procfile, .air.toml files

Flags:
`

// The arguments with which dev starts itself as its guard, and with which the go command starts it
// instead of a tool.
const guardArg, recorderArg = "run-as-guard", "run-as-recorder"

// Main is the program, with the arguments of this process.
func Main() {
	if len(os.Args) == 2 && os.Args[1] == guardArg {
		os.Exit(guard.Main())
	}
	if len(os.Args) > 2 && os.Args[1] == recorderArg {
		os.Exit(direct.Record(os.Args[2:]))
	}
	var o options
	flag.StringVar(&o.file, "config", "", "run what this `file` says, instead of dev.toml")
	flag.StringVar(&o.status, "status", "localhost:8090", "serve the status page at this `address`; empty: nowhere")
	flag.StringVar(&o.only, "only", "", "run only these `services`, separated by commas")
	flag.StringVar(&o.without, "without", "", "run all but these `services`")
	flag.BoolVar(&o.debug, "debug", false, "build for a debugger that attaches; a build takes longer")
	flag.DurationVar(&o.drain, "drain", 0, "how long a replaced process may take for the requests that it has (default dev.toml's, or else 5m)")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), usage)
		flag.PrintDefaults()
	}
	flag.Parse()
	o.set = map[string]bool{}
	flag.Visit(func(f *flag.Flag) { o.set[f.Name] = true })
	if err := run(o, flag.Args()); err != nil {
		fmt.Fprintln(consolex.Stderr(), "dev:", err)
		os.Exit(svcx.ExitCode(err))
	}
}

// options are the flags, and what run finds out besides.
type options struct {
	file, status, only, without string
	debug                       bool
	drain                       time.Duration
	set                         map[string]bool // flags that were given: they win over dev.toml
	exe                         string          // this program
	colour                      bool            // the console shows colours
}

func run(o options, args []string) error {
	if len(args) == 1 && args[0] == "init" {
		return initialize(".", consolex.Stdout())
	}
	if len(args) > 0 {
		return &svcx.ExitError{Code: 2, Err: fmt.Errorf("what is %q? See -help", args[0])}
	}
	p, err := o.configuration()
	if err != nil {
		return &svcx.ExitError{Code: 2, Err: err}
	}
	restore, err := consolex.UTF8() // colours, and what services write as UTF-8
	if err != nil {
		fmt.Fprintln(consolex.Stderr(), "dev: the console stays as it is:", err)
	}
	defer restore()
	o.colour = consolex.Escapes(os.Stdout)
	if o.exe, err = os.Executable(); err != nil {
		return err
	}
	supervisor, err := o.supervisor(p)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGHUP) // a terminal that was closed
	defer stop()
	// The reader of dev's output may have exited, as in "dev | tee", where Ctrl+C ends tee first. A
	// program that handles SIGPIPE gets a write error instead, and can still end its services.
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, syscall.SIGPIPE)
	defer signal.Stop(broken)
	return svcx.Run(ctx, "dev", func(ctx context.Context) error { return o.serve(ctx, p, supervisor) })
}
