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

// startMargin is how long a start or restart may take above the service's own limits, and startCap
// how long one without a limit is waited for.
var startMargin, startCap = 15 * time.Second, 5 * time.Minute

// errGaveUp is the cause of a context whose command is ended with all that it waits for.
var errGaveUp = errors.New("gave up")

// begin runs a command that starts the service, and looks whether it goes on running.
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

// watch waits for a command that starts the service, and gives up on one that OpenRC, since
// 0.60, would wait for for ever: the program ends before it can say that it is ready. old is the
// process that ran before.
func (m *Backend) watch(s *spec.Spec, over <-chan error, old int, supervised bool) error {
	limit := startCap
	if s.StartTimeout > 0 {
		limit = s.StartTimeout + s.StopTimeout + startMargin
	}
	pid, runs := old, 0
	seen := time.Now() // when the last process was alive
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

// endSupervisor ends the supervisor of a service that is stopped to OpenRC, since its start was
// given up.
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
