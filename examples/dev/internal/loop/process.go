package loop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/surefoot-go/surefoot/procx/child"
)

// A process is one run of a service's program.
type process struct {
	artifact *artifact
	child    *child.Proc
	addrFile string
	since    time.Time
	log      int // where its lines begin in the tail

	ready    chan struct{} // closed once it is ready, or won't be
	startErr error         // which of the two; set before, as is backend
	backend  *backend
	exited   chan struct{} // closed when it and its descendants have ended
	err      error         // how; set before

	health error     // what /readyz said last; guarded by Supervisor.mu
	well   time.Time // since when that is nil; zero where it is not
}

// spawn starts a program and looks until it is ready.
func (r *runner) spawn(a *artifact) (*process, error) {
	r.spawned++
	p := &process{
		artifact: a,
		addrFile: filepath.Join(r.sup.temp, fmt.Sprintf("%s-%d.url", r.Name, r.spawned)),
		log:      r.tail.end(),
		ready:    make(chan struct{}),
		exited:   make(chan struct{}),
	}
	out := r.sup.out.stream(r.Name, r.tail)
	cmd := exec.Command(a.file)
	cmd.Dir = r.sup.cfg.Dir
	cmd.Env = append(cmd.Environ(), r.sup.environment()...)
	cmd.Env = append(cmd.Env, r.Env...)
	cmd.Env = append(cmd.Env, "LISTEN=localhost:0", "ADDR_FILE="+p.addrFile)
	cmd.Stdout, cmd.Stderr = out, out
	var err error
	if p.child, err = child.Start(context.Background(), cmd, &child.Options{Grace: stopGrace}); err != nil {
		return nil, err
	}
	p.since = time.Now()
	go func() {
		p.err = p.child.Wait()
		out.Close()
		os.Remove(p.addrFile)
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

// awaitReady waits until the process has said where it listens, and then until
// it says that it is ready.
func (p *process) awaitReady(ctx context.Context) error {
	why := errors.New("it has not written its URL to ADDR_FILE")
	for pause := 2 * time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		if p.backend == nil {
			if data, err := os.ReadFile(p.addrFile); err == nil {
				u, err := url.Parse(string(data))
				if err != nil {
					return fmt.Errorf("ADDR_FILE: %w", err)
				}
				p.backend, pause = newBackend(u), 2*time.Millisecond
			}
		}
		if p.backend != nil {
			err := p.backend.probe(ctx)
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
			return errors.New(exitText(p.err))
		case <-ctx.Done():
			return fmt.Errorf("not ready in time: %w", why)
		}
	}
}

// probe asks /readyz; nil means ready.
func (b *backend) probe(ctx context.Context) error {
	body, err := b.get(ctx, "/readyz")
	if err != nil && len(body) > 0 {
		return fmt.Errorf("%w: %s", err, firstLine(body))
	}
	return err
}

// get returns the beginning of what the process answers, also with an error for
// another status than 200.
func (b *backend) get(ctx context.Context, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.URL.JoinPath(path).String(), nil)
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
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, resp.Status)
	}
	return body, err
}

// stop ends the process, gently until ctx ends, and says what went wrong.
func (p *process) stop(ctx context.Context) error {
	err := p.child.Stop(ctx)
	<-p.exited
	<-p.ready
	if p.backend != nil {
		p.backend.Close()
	}
	return err
}

// exitText says how a process ended that nobody had asked to.
func exitText(err error) string {
	if err == nil {
		return "it ended by itself, with exit code 0"
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() >= 0 {
		return fmt.Sprintf("exit code %d", exit.ExitCode())
	}
	return err.Error() // signal: killed
}
