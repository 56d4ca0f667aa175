package openrc

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// startMargin is added to the service's own time limits for a start or restart. startCap is the
// time limit for a service without a StartTimeout.
var startMargin, startCap = 15 * time.Second, 5 * time.Minute

// errGaveUp is the cancellation cause for a command that is killed together with the processes that
// it waits for.
var errGaveUp = errors.New("gave up")

// begin runs a command that starts the service, and checks that the service keeps running.
func (m *Backend) begin(ctx context.Context, s *spec.Spec, command string) error {
	text, err := m.read(s)
	if err != nil {
		return err
	}
	supervised := strings.Contains(text, supervisor)
	old := m.pid(s, supervised)
	limited, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	over := make(chan error, 1)
	go func() { over <- m.do(limited, "rc-service", s.Name, command) }()
	err = m.watch(s, over, old, supervised)
	if errors.Is(err, errGaveUp) {
		giveUp(errGaveUp)
		<-over
		m.endSupervisor(ctx, s)
	}
	if err == nil {
		err = m.settled(ctx, s)
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return spec.Fail(nil, context.Cause(ctx), "the service continues to start")
	}
	return spec.Fail(spec.ErrStartFailed, err, filepath.Join(logDir(s), "output.log")+" says why")
}

// watch waits for a command that starts the service. It gives up if the program ends before it is
// ready, since OpenRC 0.60 and later would wait forever. old is the previous process.
func (m *Backend) watch(s *spec.Spec, over <-chan error, old int, supervised bool) error {
	limit := startCap
	if s.StartTimeout > 0 {
		limit = s.StartTimeout + s.StopTimeout + startMargin
	}
	pid, runs := old, 0
	seen := time.Now() // when the last process was last seen alive
	timer, tick := time.NewTimer(limit), time.NewTicker(spec.PollEvery(settle))
	defer timer.Stop()
	defer tick.Stop()
	for {
		select {
		case err := <-over:
			return err
		case <-timer.C:
			return spec.Errorf("not over after %v: %w", limit, errGaveUp)
		case <-tick.C:
		}
		now := m.pid(s, supervised)
		switch {
		case now == 0 || now == old || m.alive(now) && now == pid:
			seen = time.Now()
		case now != pid:
			pid, seen = now, time.Now()
			if runs++; runs > 3 {
				return spec.Errorf("it ends repeatedly before it is ready: %w", errGaveUp)
			}
		case time.Since(seen) > patience:
			return spec.Errorf("it has ended before it was ready: %w", errGaveUp)
		}
	}
}

// endSupervisor terminates the supervisor of a service that OpenRC considers stopped because its
// start was abandoned.
func (m *Backend) endSupervisor(ctx context.Context, s *spec.Spec) {
	pid := m.pid(s, false)
	if pid == 0 || !m.alive(pid) {
		return
	}
	m.signal(pid, syscall.SIGTERM)
	for limit := time.Now().Add(s.StopTimeout + spec.StopMargin); m.alive(pid) && time.Now().Before(limit); {
		spec.Pause(context.WithoutCancel(ctx), spec.PollEvery(0))
	}
}
