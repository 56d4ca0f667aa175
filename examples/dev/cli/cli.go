// Package cli is the command line of dev.
package cli

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/surefoot-go/surefoot/consolex"
	"github.com/surefoot-go/surefoot/examples/dev/internal/loop"
	"github.com/surefoot-go/surefoot/svcx"
)

// services are in order of dependency.
var services = []loop.Service{
	{Name: "user-service", Package: "./cmd/user-service", Listen: "localhost:8081"},
	{Name: "order-service", Package: "./cmd/order-service", Listen: "localhost:8082", Needs: []string{"user-service"}},
	{Name: "api-gateway", Package: "./cmd/api-gateway", Listen: "localhost:8000", Needs: []string{"user-service", "order-service"}},
}

// Main is the program, with the arguments of this process.
func Main() {
	var (
		status  = flag.String("status", "localhost:8090", "serve the status page at this `address`; empty: nowhere")
		only    = flag.String("only", "", "run only these `services`, separated by commas")
		without = flag.String("without", "", "run all but these `services`")
		debug   = flag.Bool("debug", false, "build for a debugger that attaches; a build takes longer")
		drain   = flag.Duration("drain", loop.DefaultDrain, "how long a replaced process may take for the requests that are under way")
	)
	flag.Parse()
	err := run(loop.Config{Status: *status, Drain: *drain, Debug: *debug}, *only, *without, flag.Args())
	if err != nil {
		fmt.Fprintln(consolex.Stderr(), "dev:", err)
		os.Exit(svcx.ExitCode(err))
	}
}

func run(cfg loop.Config, only, without string, args []string) error {
	if len(args) > 0 {
		return &svcx.ExitError{Code: 2, Err: fmt.Errorf("what is %q? See -help", args[0])}
	}
	var err error
	if cfg.Services, err = choose(services, only, without); err != nil {
		return &svcx.ExitError{Code: 2, Err: err}
	}
	restore, err := consolex.UTF8() // colours, and what services write as UTF-8
	if err != nil {
		fmt.Fprintln(consolex.Stderr(), "dev: the console stays as it is:", err)
	}
	defer restore()
	cfg.Colour = consolex.Escapes(os.Stdout)
	supervisor, err := loop.New(cfg)
	if err != nil {
		return err
	}
	return svcx.Run(context.Background(), "devloop", supervisor.Run)
}

// choose returns the services that the flags leave, which then don't wait for
// the others.
func choose(all []loop.Service, only, without string) ([]loop.Service, error) {
	names := func(list string) ([]string, error) {
		if list == "" {
			return nil, nil
		}
		names := strings.Split(list, ",")
		for _, name := range names {
			if !slices.ContainsFunc(all, func(s loop.Service) bool { return s.Name == name }) {
				return nil, fmt.Errorf("there is no service %q", name)
			}
		}
		return names, nil
	}
	with, err := names(only)
	if err != nil {
		return nil, err
	}
	out, err := names(without)
	if err != nil {
		return nil, err
	}
	left := func(name string) bool {
		return (only == "" || slices.Contains(with, name)) && !slices.Contains(out, name)
	}
	var chosen []loop.Service
	for _, s := range all {
		if left(s.Name) {
			s.Needs = slices.DeleteFunc(slices.Clone(s.Needs), func(need string) bool { return !left(need) })
			chosen = append(chosen, s)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no service is left to run")
	}
	return chosen, nil
}
