// Package service is shared by the services of devloop: configuration, log, request IDs and
// deadlines, metrics, health, and a shutdown without lost requests. A Spec describes one service.
//
// It uses each of surefoot's packages: pathx finds the configuration and the data directory, listen
// binds both address families, consolex keeps the console readable, svcx runs the program on a
// console or as a service, eventx writes to the system's log and answers probes, and procx watches
// the goroutines and ends the tasks.
package service

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/surefoot-go/surefoot/consolex"
	"github.com/surefoot-go/surefoot/eventx"
	"github.com/surefoot-go/surefoot/listen"
	"github.com/surefoot-go/surefoot/pathx"
	"github.com/surefoot-go/surefoot/procx"
	"github.com/surefoot-go/surefoot/procx/inspect"
	"github.com/surefoot-go/surefoot/svcx"
)

// The limits of a stop, one part after the other. Together they are less than stopTimeout.
const (
	drainTimeout = 10 * time.Second // requests in flight
	tasksTimeout = 5 * time.Second
	closeTimeout = 3 * time.Second // queued events
	stopTimeout  = 20 * time.Second
)

// A Spec describes one service.
type Spec struct {
	Name        string
	Description string
	Listen      string   // the default address
	DependsOn   []string // services that must run before this one

	// Open opens what the service needs and registers its routes. Its context ends when the service
	// is asked to stop.
	Open func(ctx context.Context, env *Env) error
}

// An Env is what Open has to build a service from.
type Env struct {
	Config
	Log     *slog.Logger
	Metrics prometheus.Registerer

	mux     *http.ServeMux
	checks  []check
	closers []func() error
}

// OnClose registers f to be called after the last request, in reverse order of registration.
func (e *Env) OnClose(f func() error) { e.closers = append(e.closers, f) }

func (e *Env) close() error {
	var errs []error
	for _, f := range slices.Backward(e.closers) {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}

// Main is the main function of a service. It runs the command of the command line (run, install,
// start and so on, see svcx.Main) and exits.
func Main(spec Spec) {
	configFile := flag.String("config", "", "read the configuration from `file`")
	source := eventx.Source{Name: spec.Name}
	svcx.Main(&svcx.Service{
		Name:        spec.Name,
		DisplayName: "devloop " + spec.Name,
		Description: spec.Description,
		DependsOn:   spec.DependsOn,
		StopTimeout: stopTimeout,
		OnInstall:   source.OnInstall,
		OnUninstall: source.OnUninstall,
		Logs:        eventx.Filter{Sources: []string{spec.Name}}.Print,
		Main: func(ctx context.Context) error {
			config, from, err := LoadConfig(spec, *configFile, os.LookupEnv)
			if err != nil {
				return &svcx.ExitError{Code: 2, Err: err}
			}
			return Run(ctx, spec, config, from)
		},
	})
}

// Run runs the service until ctx ends or something fails. from is the origin of config, for the
// log.
func Run(ctx context.Context, spec Spec, config Config, from string) (err error) {
	restore, consoleErr := consolex.UTF8()
	defer restore()

	base, events, err := newLog(consolex.Stdout(), spec.Name)
	if err != nil {
		return err
	}
	log := base.With("service", spec.Name)
	slog.SetDefault(log) // for other packages, and for package log
	defer func() { err = errors.Join(err, within(closeTimeout, events.Shutdown)) }()
	log.Info("configuration", "from", from)
	if consoleErr != nil {
		log.Warn("can't set the console to UTF-8", "err", consoleErr)
	}

	registry := newRegistry(events)
	env := &Env{Config: config, Log: log, Metrics: registry, mux: http.NewServeMux()}
	defer func() { err = errors.Join(err, env.close()) }()
	if err := spec.Open(ctx, env); err != nil {
		return err
	}

	l, err := listen.Dual(config.Listen)
	if err != nil {
		return err
	}
	tasks := procx.NewGroup(ctx, spec.Name)
	watch(ctx, registry, log)
	if config.DebugAddr != "" {
		debug, err := inspect.Serve(ctx, inspect.Options{Addr: config.DebugAddr})
		if err != nil {
			return errors.Join(err, l.Close())
		}
		env.OnClose(debug.Close)
		log.Info("debug server", "url", debug.URL())
	}

	health := eventx.NewHealth(base, spec.Name) // it adds the service's name itself
	server := env.server(registry, health)
	tasks.Go("serve", func(context.Context) error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	tasks.Go("drain", func(ctx context.Context) error {
		<-ctx.Done() // asked to stop, or another task has failed
		return errors.Join(within(drainTimeout, server.Shutdown), server.Close())
	})
	tasks.Go("checks", func(ctx context.Context) error {
		env.runChecks(ctx, health)
		return nil
	})
	url := baseURL(l.Addr())
	log.Info("serving", "url", url)
	if config.addrFile != "" {
		if err := pathx.WriteFile(config.addrFile, []byte(url), 0o600); err != nil {
			return errors.Join(err, within(tasksTimeout, tasks.Stop))
		}
	}
	svcx.Ready(ctx)

	<-tasks.Done()
	err = within(drainTimeout+tasksTimeout, tasks.Stop) // the error names each task that did not end
	health.Set(ctx, eventx.Stopped, "")
	return err
}

// baseURL returns the URL of addr on this machine. The wildcard address, which ":8081" binds,
// becomes localhost.
func baseURL(addr net.Addr) string {
	host, port, _ := net.SplitHostPort(addr.String())
	if net.ParseIP(host).IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// within calls f with a context that ends after d and does not depend on the service's, which has
// ended already when the service stops.
func within(d time.Duration, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return f(ctx)
}
