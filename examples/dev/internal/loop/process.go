package loop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"time"

	"github.com/surefoot-go/surefoot/examples/dev/internal/config"
	"github.com/surefoot-go/surefoot/procx/child"
)

// A process is one run of a service's program.
type process struct {
	artifact *artifact
	child    *child.Proc
	place    *place
	said     *said
	address  bool         // the service has one
	how      config.Ready // to be ready
	since    time.Time
	log      int // where its lines begin in the tail

	ready    chan struct{} // closed once it is ready, or won't be
	startErr error         // which of the two; set before, as is backend
	backend  *backend      // nil: a worker, or it has not said where it listens
	exited   chan struct{} // closed when it and its descendants have ended
	err      error         // how; set before

	health error     // what it said last when it was asked; guarded by Supervisor.mu
	well   time.Time // since when that is nil; zero where it is not
}

// spawn starts a program and waits in the background until it is ready.
func (r *runner) spawn(a *artifact) (*process, error) {
	r.spawned++
	at, err := r.newPlace()
	if err != nil {
		return nil, err
	}
	p := &process{
		artifact: a, place: at, log: r.tail.end(), address: r.Address != "", how: r.Service.Ready,
		ready: make(chan struct{}), exited: make(chan struct{}),
	}
	if p.said, err = newSaid(p.how.Log); err != nil {
		return nil, err
	}
	var cmd *exec.Cmd
	if a.file == "" {
		cmd = r.Run.Cmd()
	} else {
		cmd = exec.Command(a.file)
		for _, arg := range r.Args {
			cmd.Args = append(cmd.Args, config.Expand(arg, at.value))
		}
	}
	out := r.sup.out.stream(r.Name, r.tail)
	cmd.Dir = r.Dir
	cmd.Env = r.variables(cmd.Environ(), at)
	both := io.MultiWriter(out, p.said) // one writer for both streams keeps the order of their lines
	cmd.Stdout, cmd.Stderr = both, both
	if p.child, err = child.Start(context.Background(), cmd, &child.Options{Grace: stopGrace}); err != nil {
		out.Close()
		return nil, err
	}
	r.sup.guard.Add(p.child.PID())
	p.since = time.Now()
	go func() {
		p.err = p.child.Wait()
		r.sup.guard.Remove(p.child.PID())
		out.Close()
		p.said.Close()
		os.Remove(at.addrFile)
		close(p.exited)
	}()
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), r.sup.cfg.Start)
		defer cancel()
		p.startErr = p.awaitReady(ctx)
		close(p.ready)
	}()
	return p, nil
}

// awaitReady waits until it is known where the process listens, if the service has an address, and
// then until the process is ready.
func (p *process) awaitReady(ctx context.Context) error {
	why := errors.New("it has not written its URL to ADDR_FILE")
	for pause := 2 * time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		if p.address && p.backend == nil {
			u, err := p.place.url()
			if err != nil {
				return err
			}
			if u != nil {
				p.backend, pause = newBackend(u), 2*time.Millisecond
			}
		}
		if !p.address || p.backend != nil {
			err := p.check(ctx)
			if err == nil {
				return nil
			}
			if ctx.Err() == nil { // or it is about the time only
				why = err
			}
		}
		select {
		case <-time.After(pause):
		case <-p.exited:
			if p.err == nil && !p.address {
				return nil // it has done what it was there for
			}
			return errors.New(p.exitText())
		case <-ctx.Done():
			return fmt.Errorf("not ready in time: %w%s", why, p.said.quoted())
		}
	}
}

// check returns nil if the process is ready, or else the reason why it is not.
func (p *process) check(ctx context.Context) error {
	switch {
	case p.how.HTTP != "":
		return p.backend.probe(ctx, p.how.HTTP)
	case p.how.TCP:
		return p.backend.dial(ctx)
	case p.how.Log != "":
		if !p.said.matched() {
			return fmt.Errorf("it has not printed a line that matches %q", p.how.Log)
		}
	case time.Since(p.since) < p.how.After:
		return fmt.Errorf("it has not run for %s", p.how.After)
	}
	return nil
}

// ask checks the health of a serving process. A process that only has a port is not checked: a
// connection without a request may be an error for it.
func (p *process) ask(ctx context.Context) error {
	if p.how.HTTP == "" {
		return nil
	}
	return p.backend.probe(ctx, p.how.HTTP)
}

// dial returns an error if the process does not accept connections.
func (b *backend) dial(ctx context.Context) error {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", b.URL.Host)
	if err != nil {
		return fmt.Errorf("nothing listens at the port that it was given: %w", err)
	}
	return conn.Close()
}

// probe requests path; nil means ready.
func (b *backend) probe(ctx context.Context, path string) error {
	body, err := b.get(ctx, path)
	if err != nil && len(body) > 0 {
		return fmt.Errorf("%w: %s", err, firstLine(body))
	}
	return err
}

// get returns the beginning of what the process answers, also with an error for a status of 400 or
// more.
func (b *backend) get(ctx context.Context, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	ref, err := url.Parse(path)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.URL.ResolveReference(ref).String(), nil)
	if err != nil {
		return nil, err
	}
	resp, err := b.RoundTrip(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%s: no answer within a second", path)
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err == nil && resp.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s: %s", path, resp.Status)
	}
	return body, err
}

// stop ends the process, gracefully until ctx ends, and returns an error if that failed.
func (p *process) stop(ctx context.Context) error {
	err := p.child.Stop(ctx)
	<-p.exited
	<-p.ready
	if p.backend != nil {
		p.backend.Close()
	}
	return err
}

// exitText describes how a process ended unexpectedly, with its last line.
func (p *process) exitText() string { return exitText(p.err) + p.said.quoted() }

func exitText(err error) string {
	if err == nil {
		return "it ended by itself, with exit code 0"
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() >= 0 {
		return fmt.Sprintf("exit code %d", exit.ExitCode())
	}
	return err.Error() // signal: killed
}
