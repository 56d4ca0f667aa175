// Package kit is shared by the programs of adopt: a service that svcx runs, with eventx as its log,
// a procx.Group for its tasks, and a report on itself at the end. The framework or server is in
// each program's own file.
package kit

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/surefoot-go/surefoot/eventx"
	"github.com/surefoot-go/surefoot/eventx/probe"
	"github.com/surefoot-go/surefoot/listen"
	"github.com/surefoot-go/surefoot/procx"
	"github.com/surefoot-go/surefoot/svcx"
)

// A Service is passed to a program's serve function.
type Service struct {
	Address string       // to listen on
	Backend string       // the URL of the database, for clients of one
	Dir     string       // for files
	Log     *slog.Logger // into the system's log
	Tasks   *procx.Group // they end with the service
	Remains []string     // goroutines that the framework does not end: see procx.Options.Ignore
	Reload  func() error // what the program itself does at a reload; may be nil

	answer atomic.Pointer[string] // of Work, as the settings say
	begun  atomic.Int64
	report Report
}

// A Report is a program's report on itself at its end.
type Report struct {
	Begun    int64    // requests
	Events   uint64   // written to the system's log
	Lost     uint64   // events that were not written
	Leaks    []string // goroutines that are left
	Remains  []string // those of them that are the framework's, and that it never ends
	Children string   // processes that are left
	Err      string   // of the service
}

// Main is the main function of a program: the commands of svcx.Main, and those of [Client.RunIfAsked].
func Main(name string, serve func(context.Context, *Service) error, client Client) {
	client.RunIfAsked()
	svcx.Main(New(name, flag.CommandLine, serve))
}

// New returns the service, whose flags it defines.
func New(name string, flags *flag.FlagSet, serve func(context.Context, *Service) error) *svcx.Service {
	var s Service
	flags.StringVar(&s.Address, "listen", "localhost:0", "listen on `address`")
	flags.StringVar(&s.Backend, "backend", "", "use the database at `URL`")
	flags.StringVar(&s.Dir, "dir", os.TempDir(), "keep files in `directory`")
	report := flags.String("report", "", "write the report to `FILE`")
	source := eventx.Source{Name: "adopt-" + name}
	return &svcx.Service{
		Name:        source.Name,
		Description: name + " on surefoot",
		Flags:       flags,
		Accept:      svcx.AcceptReload,
		OnInstall:   source.OnInstall,
		OnUninstall: source.OnUninstall,
		Main:        func(ctx context.Context) error { return s.run(ctx, source.Name, *report, serve) },
	}
}

// run serves and then reports the remaining goroutines and processes.
func (s *Service) run(ctx context.Context, name, report string, serve func(context.Context, *Service) error) error {
	before := procx.Now()
	err := s.serve(ctx, name, serve)
	leaks, findErr := procx.Find(&procx.Options{Since: before, Ignore: s.Remains})
	for _, leak := range leaks {
		s.report.Leaks = append(s.report.Leaks, leak.String())
	}
	if len(s.Remains) > 0 {
		remains, _ := procx.Find(&procx.Options{Since: before, Settle: -1})
		for _, leak := range remains {
			s.report.Remains = append(s.report.Remains, leak.Function)
		}
	}
	s.report.Begun, s.report.Children = s.begun.Load(), children()
	if err = errors.Join(err, findErr); err != nil {
		s.report.Err = err.Error()
	}
	if err = s.report.Check(); err != nil {
		err = &svcx.ExitError{Code: 3, Err: err}
	}
	if report != "" {
		text, _ := json.Marshal(s.report)
		err = errors.Join(err, os.WriteFile(report, text, 0o644))
	}
	return err
}

// serve runs the program's own function with a log and tasks.
func (s *Service) serve(ctx context.Context, name string, serve func(context.Context, *Service) error) (err error) {
	svcx.Progress(ctx, "starting") // it is ready when it says so, however long that takes
	events, err := eventx.NewHandler(name, &eventx.HandlerOptions{Level: slog.LevelInfo})
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, events.Close())
		stats := events.Stats()
		s.report.Events, s.report.Lost = stats.Written, stats.Dropped
	}()
	s.Log = slog.New(events)
	slog.SetDefault(s.Log) // for what takes no logger
	if err := s.readSettings(); err != nil {
		return err
	}
	s.Tasks = procx.NewGroup(ctx, name)
	err = serve(ctx, s)
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	err = errors.Join(err, s.Tasks.Stop(end)) // the error names each task that would not end
	s.Log.Info("stopped", "err", err)
	return err
}

// ServeHTTP serves handler on both families until the service is asked to stop, for programs whose
// framework provides an http.Handler. /readyz is for an orchestrator.
func (s *Service) ServeHTTP(ctx context.Context, handler http.Handler) error {
	l, err := listen.Dual(s.Address)
	if err != nil {
		return err
	}
	health := eventx.NewHealth(s.Log, "adopt")
	mux := http.NewServeMux()
	mux.Handle("/", handler)
	mux.Handle("GET /readyz", probe.Handler(health))
	server := &http.Server{Handler: mux, ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn)}
	s.Tasks.Go("serve", func(ctx context.Context) error {
		return svcx.Serve(ctx, func() error { return server.Serve(l) }, server.Shutdown)
	})
	health.Set(ctx, eventx.Healthy, "serving")
	return s.Ready(ctx, l.Addr())
}

// Ready tells the service manager, the log and standard output that the service is ready, and waits
// until its tasks are to end.
func (s *Service) Ready(ctx context.Context, addr net.Addr) error {
	s.Tasks.Go("reload", s.reload)
	s.Log.Info("ready", "addr", addr)
	svcx.Ready(ctx)
	fmt.Println("ready", addr)
	<-s.Tasks.Done()
	return nil
}

// Settings are in the program's directory: YAML with one key, the answer of [Service.Work].
const Settings = "settings.yaml"

// readSettings reads the file. Without one, the answer is [Answer].
func (s *Service) readSettings() error {
	text, err := os.ReadFile(filepath.Join(s.Dir, Settings))
	if errors.Is(err, fs.ErrNotExist) {
		text, err = []byte(Answer), nil
	}
	if err != nil {
		return err
	}
	answer := strings.TrimSpace(strings.TrimPrefix(string(text), "answer:"))
	s.answer.Store(&answer)
	return nil
}

// reload reads the settings again whenever the service manager asks for it.
func (s *Service) reload(ctx context.Context) error {
	for {
		select {
		case e := <-svcx.Events(ctx):
			err := s.readSettings()
			if s.Reload != nil {
				err = errors.Join(err, s.Reload())
			}
			s.Log.Info("reloaded", "err", err)
			e.Done()
		case <-ctx.Done():
			return nil
		}
	}
}

// Work simulates the work of a request, so that some are active at a stop. Its duration varies,
// because requests would otherwise synchronize.
func (s *Service) Work() string {
	s.begun.Add(1)
	time.Sleep(10*time.Millisecond + rand.N(20*time.Millisecond))
	return s.Answer()
}

// Answer returns what the settings say.
func (s *Service) Answer() string { return *s.answer.Load() }

// Check returns an error that lists the problems of a service that has ended.
func (r Report) Check() (err error) {
	if r.Err != "" {
		err = errors.New(r.Err)
	}
	if len(r.Leaks) > 0 {
		err = errors.Join(err, fmt.Errorf("leaked goroutines: %s", strings.Join(r.Leaks, "; ")))
	}
	if r.Children != "" {
		err = errors.Join(err, fmt.Errorf("left processes: %s", r.Children))
	}
	if r.Events == 0 || r.Lost > 0 {
		err = errors.Join(err, fmt.Errorf("the system's log has %d events, and lost %d", r.Events, r.Lost))
	}
	return err
}

// children returns the process IDs of this process's children, where /proc has them.
func children() string {
	var all []string
	names, _ := filepath.Glob("/proc/self/task/*/children")
	for _, name := range names {
		text, _ := os.ReadFile(name)
		all = append(all, strings.Fields(string(text))...)
	}
	return strings.Join(all, " ")
}
