package eventx

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"
)

// HealthState is the state of a service.
type HealthState uint8

// The states of a service. [IDStarting] lists the IDs and levels under which they are logged.
const (
	Starting HealthState = iota
	Healthy
	Degraded
	Unhealthy
	Stopping
	Stopped
	Crashed
	healthStates
)

var stateNames = [...]string{"starting", "healthy", "degraded", "unhealthy", "stopping", "stopped", "crashed"}

// String returns the state in lower case: "healthy".
func (s HealthState) String() string {
	if s < healthStates {
		return stateNames[s]
	}
	return fmt.Sprintf("HealthState(%d)", uint8(s))
}

// EventID returns the ID under which the change to s is logged.
func (s HealthState) EventID() uint16 { return IDStarting + uint16(min(s, healthStates-1)) }

// Level returns the level at which the change to s is logged.
func (s HealthState) Level() slog.Level {
	switch s {
	case Degraded:
		return slog.LevelWarn
	case Unhealthy, Crashed:
		return slog.LevelError
	}
	return slog.LevelInfo
}

// serving reports whether s is one of the states of a running service. Only these can flap.
func (s HealthState) serving() bool { return s == Healthy || s == Degraded || s == Unhealthy }

// Flapping begins with more than flapLimit changes between Healthy, Degraded and Unhealthy within
// flapWindow. It is over after flapQuiet without a change.
const (
	flapLimit  = 5
	flapWindow = time.Minute
	flapQuiet  = time.Minute
)

// Health tracks the health of one service. It logs changes only, under the same IDs for every
// service; eventx/probe serves health probes from it. Its methods are safe for concurrent use, and
// may be called by the handler that logs the changes.
type Health struct {
	log     *slog.Logger
	service string

	mu     sync.Mutex // never held while logging
	state  HealthState
	known  bool // a state was set
	reason string
	since  time.Time // the start of state

	recent   []time.Time // changes that count for flapping
	settle   *time.Timer // ends the flapping; nil if not flapping
	folded   int         // changes since flapping began
	flapping time.Time   // when flapping began

	pending []change // to be logged, in order
	logging bool     // a goroutine is logging them
}

// change holds what is logged about a change of state.
type change struct {
	ctx     context.Context
	at      time.Time
	caller  uintptr // the program counter of Set's caller
	level   slog.Level
	id      uint16
	message string
	attrs   []slog.Attr
}

// NewHealth returns the health of a service that is starting. Changes are logged to l, whose
// handler should be, or wrap, a [Handler]: it writes them whatever its level is, because an
// operator also needs to see the recovery. If l is nil, [slog.Default] is used.
func NewHealth(l *slog.Logger, service string) *Health {
	if l == nil {
		l = slog.Default()
	}
	return &Health{log: l, service: service, since: time.Now()}
}

// Service returns the name passed to [NewHealth].
func (h *Health) Service() string { return h.service }

// State returns the current state, its reason and its start time. Before the first Set it returns
// Starting and the time of NewHealth. It never waits for the log.
func (h *Health) State() (s HealthState, reason string, since time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state, h.reason, h.since
}

// Set records that the service is now in state s, and why. If that is a change, Set logs it with
// the old state, the new one, the reason and how long the old one lasted, and returns true. Calling
// Set repeatedly with the current state logs nothing; a new reason for it is only returned by
// State.
//
// Changes are logged in order. If Set is called while another change is being logged, by another
// goroutine or by the logging handler itself, the goroutine that is logging logs the new change
// afterwards.
//
// More than five changes between Healthy, Degraded and Unhealthy within a minute are considered
// flapping, which is logged once with [IDFlapping]. Set does not log the following changes, and
// returns false for them, until a minute passes without a change. Then the final state is logged
// with the number of changes that were not.
func (h *Health) Set(ctx context.Context, s HealthState, reason string) bool {
	if s >= healthStates {
		return false
	}
	logged := h.set(ctx, s, reason, caller(1))
	h.logPending()
	return logged
}

func (h *Health) set(ctx context.Context, s HealthState, reason string, caller uintptr) (logged bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reason = reason
	if h.known && s == h.state {
		return false
	}
	now := time.Now()
	old, lasted := "none", time.Duration(0)
	message := fmt.Sprintf("%s: %s", h.service, s)
	if h.known {
		old, lasted = h.state.String(), now.Sub(h.since)
		message = fmt.Sprintf("%s: %s -> %s", h.service, old, s)
	}
	flappable := h.known && h.state.serving() && s.serving()
	h.state, h.known, h.since = s, true, now
	c := change{ctx: ctx, at: now, caller: caller}
	if !flappable {
		h.recent = nil
	} else if h.fold(c, old) {
		return false
	}
	c.level, c.id, c.message = s.Level(), s.EventID(), message
	c.attrs = append([]slog.Attr{
		slog.String("service", h.service), slog.String("old", old), slog.String("new", s.String()),
		slog.String("reason", reason), slog.Duration("after", lasted.Round(time.Millisecond)),
	}, h.endFlapping(now)...)
	h.pending = append(h.pending, c)
	return true
}

// fold counts a change for flapping and reports whether to suppress it.
func (h *Health) fold(c change, old string) bool {
	if h.settle != nil {
		h.folded++
		h.settle.Reset(flapQuiet)
		return true
	}
	for len(h.recent) > 0 && c.at.Sub(h.recent[0]) > flapWindow {
		h.recent = h.recent[1:]
	}
	h.recent = append(h.recent, c.at)
	if len(h.recent) <= flapLimit {
		return false
	}
	h.flapping, h.folded, h.recent = c.at, 1, nil
	h.settle = time.AfterFunc(flapQuiet, h.settled)
	c.level, c.id, c.message = slog.LevelWarn, IDFlapping, h.service+": its health is flapping"
	c.attrs = []slog.Attr{
		slog.String("service", h.service), slog.String("old", old), slog.String("new", h.state.String()), slog.String("reason", h.reason),
		slog.Int("changes", flapLimit+1), slog.Duration("within", flapWindow),
	}
	h.pending = append(h.pending, c)
	return true
}

// settled logs the final state when the flapping is over.
func (h *Health) settled() {
	h.mu.Lock()
	now := time.Now()
	if h.settle != nil && now.Sub(h.since) >= flapQuiet { // otherwise it has already ended, or there was another change
		h.pending = append(h.pending, change{
			at: now, level: h.state.Level(), id: h.state.EventID(), message: fmt.Sprintf("%s: settled: %s", h.service, h.state),
			attrs: append([]slog.Attr{
				slog.String("service", h.service), slog.String("new", h.state.String()), slog.String("reason", h.reason),
			}, h.endFlapping(now)...),
		})
	}
	h.mu.Unlock()
	h.logPending()
}

// endFlapping ends the flapping, if any, and returns attributes that describe it.
func (h *Health) endFlapping(now time.Time) []slog.Attr {
	if h.settle == nil {
		return nil
	}
	h.settle.Stop()
	h.settle = nil
	return []slog.Attr{slog.Int("folded", h.folded), slog.Duration("flapping", now.Sub(h.flapping).Round(time.Millisecond))}
}

// logPending logs the pending changes, unless a goroutine is already logging. That goroutine, which
// may be this one further up the stack, also logs the changes added since.
func (h *Health) logPending() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.logging {
		return
	}
	h.logging = true
	defer func() { h.logging = false }()
	for len(h.pending) > 0 {
		c := h.pending[0]
		h.pending = h.pending[1:]
		h.logUnlocked(c)
	}
}

// logUnlocked logs c without holding the lock, even if the handler panics.
func (h *Health) logUnlocked(c change) {
	h.mu.Unlock()
	defer h.mu.Lock()
	h.emit(c)
}

// emit logs one event with c.caller as its source.
func (h *Health) emit(c change) {
	if c.ctx == nil { // allowed by slog
		c.ctx = context.Background()
	}
	stateChanges.Add(1)
	defer stateChanges.Add(-1)
	if !h.log.Enabled(c.ctx, c.level) {
		return
	}
	r := slog.NewRecord(c.at, c.level, c.message, c.caller)
	r.AddAttrs(ID(c.id))
	r.AddAttrs(c.attrs...)
	_ = h.log.Handler().Handle(c.ctx, r) // ignored, as in slog.Logger
}

// caller returns the program counter of the caller's caller, skip frames up.
func caller(skip int) uintptr {
	var pcs [1]uintptr
	runtime.Callers(2+skip, pcs[:])
	return pcs[0]
}
