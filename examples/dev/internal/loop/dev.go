// Package dev runs the services of a module for development: all of them with one command. Each is
// rebuilt and replaced when one of its files is saved, unnoticed by clients.
//
//	s, err := dev.New(dev.Config{Services: services, Status: "localhost:8090"})
//	…
//	err = s.Run(ctx) // until ctx ends
//
// # Ports without a gap
//
// The public port of a service belongs to dev, which forwards requests to the current process. A
// process listens on its own free port, which dev chooses (PORT, or {port} in the service's
// variables and arguments), or writes its URL to the file that {addr_file} names. A new program is
// started beside the old one. Once it is ready, it gets all new requests, and the old one ends when
// its last request is answered, or after Config.Drain. WebSockets, event streams and long polls are
// ended or moved at once: see package front, which also describes HTTP/2 and gRPC. If a build fails
// or a process does not become ready, nothing changes. A service that can't run twice is stopped
// first. A service without an address is a worker and has no front.
//
// # What is watched
//
// dev watches the files that "go list -deps" lists for a service, in modules on this disk,
// including those of replace directives and workspaces. Only the services that a change affects are
// rebuilt, with one go build for all of them, or without the go command if that produces the same
// programs (internal/direct). A build is discarded if another file is saved in the meantime.
//
// # The end
//
// When the context ends, services end in reverse order of dependency: each completes its active
// requests, is asked to end, and is killed with all of its descendants if it does not
// (procx/child).
package loop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/surefoot-go/surefoot/consolex"
	"github.com/surefoot-go/surefoot/examples/dev/front"
	"github.com/surefoot-go/surefoot/examples/dev/internal/config"
	"github.com/surefoot-go/surefoot/examples/dev/internal/guard"
	"github.com/surefoot-go/surefoot/examples/dev/internal/temp"
	"github.com/surefoot-go/surefoot/examples/dev/page"
	"github.com/surefoot-go/surefoot/listen"
	"github.com/surefoot-go/surefoot/procx"
)

// Service is a program of the module, or a command.
type Service = config.Service

// Config configures a Supervisor. Only Services is required.
type Config struct {
	Dir      string        // where go runs; default: the working directory
	Services []Service     // those it needs stand before a service
	Status   string        // the status page's address; empty: no page
	Drain    time.Duration // how long a replaced process may take for its last requests; default DefaultDrain
	Start    time.Duration // how long a process may take to become ready; default 20 s
	Output   io.Writer     // default: standard output
	Colour   bool          // of the services' names
	Debug    bool          // build for a debugger, which takes longer; otherwise without debug information
	Guard    []string      // the command that runs guard.Main; none: processes may outlive a dev that is killed
	Recorder []string      // the command that runs direct.Record; none: the go command does every build
}

// DefaultDrain is longer than any request should take.
const DefaultDrain = 5 * time.Minute

const (
	stopLimit  = 15 * time.Second // for all services together, below svcx's 20 s
	stopDrain  = 10 * time.Second // for the last requests of a process that none follows
	lastDrain  = 3 * time.Second  // for requests that dev's end finds, before the process is asked to end
	firstBuild = 10 * time.Second // how long a request waits for the first process
)

var stopGrace = 10 * time.Second // for one process that was asked to end; a test shortens it

// Supervisor runs the services. It is the Control of the status page.
type Supervisor struct {
	cfg     Config
	out     *output
	temp    string // of this run: binaries, address files, go's own
	status  *listen.Listener
	runners []*runner
	builds  *queue
	relist  chan time.Time // since a build that began then, what services are made of may have changed
	tools   tools
	guard   *guard.Guard // nil: none

	mu      sync.Mutex      // guards the runners' state
	news    []string        // lines to print once mu is free; empty while it is
	notice  string          // a message about dev as a whole, for the status page
	changed broadcast       // wakes those who wait for a change of that state
	drains  context.Context // ends lastDrain after Run's
	life    context.Context // ends stopLimit after Run's
}

// New checks the configuration.
func New(cfg Config) (*Supervisor, error) {
	var err error
	if cfg.Dir, err = filepath.Abs(cfg.Dir); err != nil {
		return nil, err
	}
	if cfg.Drain <= 0 {
		cfg.Drain = DefaultDrain
	}
	if cfg.Start <= 0 {
		cfg.Start = 20 * time.Second
	}
	if cfg.Output == nil {
		cfg.Output = consolex.Stdout()
	}
	s := &Supervisor{cfg: cfg, builds: newQueue(), relist: make(chan time.Time, 1)}
	names := []string{"dev"}
	for _, svc := range cfg.Services {
		switch missing := slices.IndexFunc(svc.Needs, func(need string) bool { return !slices.Contains(names[1:], need) }); {
		case missing >= 0:
			return nil, fmt.Errorf("dev: %s needs %s, which must stand before it", svc.Name, svc.Needs[missing])
		case svc.Name == "" || slices.Contains(names, svc.Name):
			return nil, fmt.Errorf("dev: two services have the name %q, or it is dev's own", svc.Name)
		}
		names = append(names, svc.Name)
	}
	s.out = newOutput(cfg.Output, names, cfg.Colour)
	for _, svc := range cfg.Services {
		if err := front.CheckPolls(svc.Polls); err != nil {
			return nil, fmt.Errorf("dev: %s: %w", svc.Name, err)
		}
		svc.Root, svc.Dir = cmp.Or(svc.Root, cfg.Dir), cmp.Or(svc.Dir, cfg.Dir)
		s.runners = append(s.runners, newRunner(s, svc))
	}
	return s, nil
}

// Run starts all services and returns when ctx ends and they have ended. It returns an error if it
// can't work at all, for instance if a port is in use.
func (s *Supervisor) Run(ctx context.Context) (err error) {
	folder, err := temp.New(s.say)
	if err != nil {
		return err
	}
	s.temp = folder.Dir
	defer func() { err = errors.Join(err, folder.Remove()) }()
	if s.cfg.Guard != nil {
		if s.guard, err = guard.Start(s.cfg.Guard, s.temp); err != nil {
			return err
		}
		defer s.guard.Close()
	}
	for _, name := range sharedAddresses(os.Environ()) {
		s.say("%s: all services would listen there; each gets a port of its own (dev.toml can set it for one)", name)
	}
	if s.tools == nil {
		s.tools = &goTools{dir: s.cfg.Dir, temp: s.temp, debug: s.cfg.Debug, recorder: s.cfg.Recorder}
	}

	defer s.closeListeners()
	if err := s.listen(); err != nil {
		return err
	}
	watch, err := newWatch(s)
	if err != nil {
		return err
	}

	var cut, kill context.CancelFunc
	s.drains, cut = context.WithCancel(context.Background())
	defer cut()
	s.life, kill = context.WithCancel(context.Background())
	defer kill()
	tasks := procx.NewGroup(ctx, "dev")
	tasks.Go("limit the end", func(ctx context.Context) error {
		<-ctx.Done()
		time.AfterFunc(lastDrain, cut)
		time.AfterFunc(stopLimit, kill)
		return nil
	})
	for _, r := range s.runners {
		if r.front != nil {
			tasks.Go("serve "+r.Name, func(context.Context) error { return serve(r.server, r.listener) })
		}
		tasks.Go("run "+r.Name, r.run)
	}
	if s.status != nil {
		server := &http.Server{Handler: page.Handler(s), ReadHeaderTimeout: 5 * time.Second, ErrorLog: s.logger("status page")}
		tasks.Go("serve the status page", func(context.Context) error { return serve(server, s.status) })
		tasks.Go("close the status page", func(ctx context.Context) error { <-ctx.Done(); return server.Close() })
	}
	tasks.Go("measure", s.measure)
	tasks.Go("watch", watch.run)
	tasks.Go("build", s.buildAll)

	<-tasks.Done()
	stop, cancel := context.WithTimeout(context.Background(), stopLimit+2*time.Second)
	defer cancel()
	err = tasks.Stop(stop) // its error names what would not end
	s.say("all services have ended")
	return err
}

// listen binds all ports, so that a conflict is detected before anything is started.
func (s *Supervisor) listen() (err error) {
	for _, r := range s.runners {
		if r.front == nil {
			continue
		}
		if r.listener, err = listen.Dual(r.Address); err != nil {
			return fmt.Errorf("%s: %w", r.Name, err)
		}
		s.mu.Lock()
		r.url = publicURL(r.Address, r.listener.Addr())
		s.mu.Unlock()
		s.say("%s: %s", r.Name, r.url)
	}
	if s.cfg.Status != "" {
		if s.status, err = listen.Dual(s.cfg.Status); err != nil {
			return fmt.Errorf("status page: %w", err)
		}
		s.say("status page: %s/", publicURL(s.cfg.Status, s.status.Addr()))
	}
	return nil
}

// closeListeners also closes those for which no server was started.
func (s *Supervisor) closeListeners() {
	for _, r := range s.runners {
		if r.listener != nil {
			r.listener.Close()
		}
	}
	if s.status != nil {
		s.status.Close()
	}
}

func serve(server *http.Server, l net.Listener) error {
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// say prints a line from dev itself.
func (s *Supervisor) say(format string, args ...any) {
	s.out.line("dev", fmt.Sprintf(format, args...))
}

// tell has a line printed by unlock. The caller holds mu.
func (s *Supervisor) tell(format string, args ...any) {
	s.news = append(s.news, fmt.Sprintf(format, args...))
}

// unlock unlocks mu and only then prints pending lines: a console blocks while its user selects
// text, and the status page must not.
func (s *Supervisor) unlock() {
	news := s.news
	s.news = nil
	s.mu.Unlock()
	for _, line := range news {
		s.say("%s", line)
	}
}

// logger returns a logger for what net/http has to say about a service's front.
func (s *Supervisor) logger(service string) *log.Logger {
	return log.New(&lineWriter{line: func(text string) { s.say("%s: %s", service, text) }}, "", 0)
}

// notify wakes all goroutines that wait for a change of state. The caller holds mu.
func (s *Supervisor) notify() { s.changed.notify() }

func (s *Supervisor) runner(name string) *runner {
	i := slices.IndexFunc(s.runners, func(r *runner) bool { return r.Name == name })
	if i < 0 {
		return nil
	}
	return s.runners[i]
}

// environment is what every service gets besides dev's own variables: where to reach the others, by
// the addresses that last.
func (s *Supervisor) environment() []string {
	var env []string
	for _, r := range s.runners {
		if r.front != nil {
			env = append(env, config.Variable(r.Name)+"="+r.url)
		}
	}
	return env
}

// publicURL is the URL of what listens at address, as the user wrote it, with the port that it has
// got.
func publicURL(address string, addr net.Addr) string {
	host, _, err := net.SplitHostPort(address)
	_, port, addrErr := net.SplitHostPort(addr.String())
	if err != nil || addrErr != nil {
		return "http://" + addr.String()
	}
	if host == "" {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}
