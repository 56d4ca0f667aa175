package eventx

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// HealthState is what a service is doing.
type HealthState uint8

// The states of a service. The doc of [IDStarting] says under which IDs and
// levels they are logged.
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

// serving says whether s is one of the states that a running service changes
// between. Only those can flap.
func (s HealthState) serving() bool { return s == Healthy || s == Degraded || s == Unhealthy }

// Flapping: more than flapLimit changes between Healthy, Degraded and Unhealthy
// within flapWindow. It is over when there was none for flapQuiet.
const (
	flapLimit  = 5
	flapWindow = time.Minute
	flapQuiet  = time.Minute
)

// Health is the health of one service. It logs changes only, under the same IDs
// for every service; eventx/probe answers probes with it. Its methods may be called
// concurrently.
type Health struct {
	log     *slog.Logger
	service string

	changing sync.Mutex  // one change at a time, so that they are logged in order
	recent   []time.Time // changes that count for flapping
	settle   *time.Timer // ends the flapping; nil: there is none
	folded   int         // changes since flapping began
	flapping time.Time   // when that was

	mu     sync.Mutex // guards what State returns; never held while logging
	state  HealthState
	known  bool // a state was set
	reason string
	since  time.Time // the start of state
}

// NewHealth returns the health of a service that is starting. Changes go to l,
// whose handler should be, or contain, a [Handler]: that writes them whatever
// its level is, for an operator needs to see also the way back to healthy. A nil l
// is [slog.Default].
func NewHealth(l *slog.Logger, service string) *Health {
	if l == nil {
		l = slog.Default()
	}
	return &Health{log: l, service: service, since: time.Now()}
}

// Service returns the name that [NewHealth] was given.
func (h *Health) Service() string { return h.service }

// State returns the current state, the reason given for it, and since when it holds.
// Before the first Set that is Starting, since NewHealth. It never waits for the log.
func (h *Health) State() (s HealthState, reason string, since time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state, h.reason, h.since
}

// Set says that the service is now in state s, and why. If it was not before,
// the change is logged with the old state, the new one, the reason and how long
// the old one lasted. Set returns whether it was: calling it again and again
// with the state of the moment is fine, and a new reason for the same state is
// not logged, only returned by State.
//
// More than five changes between Healthy, Degraded and Unhealthy within a
// minute are flapping: that is logged once, with [IDFlapping]; the following
// changes are folded, and Set returns false for them, until there was none for
// a minute. Then the state that is left is logged, with the number of changes
// that were folded.
func (h *Health) Set(ctx context.Context, s HealthState, reason string) bool {
	if s >= healthStates {
		return false
	}
	h.changing.Lock()
	defer h.changing.Unlock()
	now := time.Now()
	c, changed := h.change(s, reason, now)
	if !changed {
		return false
	}
	if !c.flappable {
		h.recent = nil
	} else if h.fold(ctx, c, now) {
		return false
	}
	message := fmt.Sprintf("%s: %s -> %s", h.service, c.old, s)
	if c.old == "none" {
		message = fmt.Sprintf("%s: %s", h.service, s)
	}
	h.emit(ctx, c.caller, s.Level(), s.EventID(), message, append([]slog.Attr{
		slog.String("service", h.service), slog.String("old", c.old), slog.String("new", s.String()),
		slog.String("reason", reason), slog.Duration("after", c.after.Round(time.Millisecond)),
	}, h.endFlapping(now)...)...)
	return true
}

// change is a change of state.
type change struct {
	old       string
	after     time.Duration // that the old state lasted
	flappable bool
	caller    uintptr // of Set
}

func (h *Health) change(s HealthState, reason string, now time.Time) (c change, changed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reason = reason
	if h.known && s == h.state {
		return c, false
	}
	c = change{old: "none", caller: caller(2)}
	if h.known {
		c.old, c.after = h.state.String(), now.Sub(h.since)
		c.flappable = h.state.serving() && s.serving()
	}
	h.state, h.known, h.since = s, true, now
	return c, true
}

// fold counts a change for flapping, and says whether it is one that is not
// logged.
func (h *Health) fold(ctx context.Context, c change, now time.Time) bool {
	if h.settle != nil {
		h.folded++
		h.settle.Reset(flapQuiet)
		return true
	}
	for len(h.recent) > 0 && now.Sub(h.recent[0]) > flapWindow {
		h.recent = h.recent[1:]
	}
	h.recent = append(h.recent, now)
	if len(h.recent) <= flapLimit {
		return false
	}
	h.flapping, h.folded, h.recent = now, 1, nil
	h.settle = time.AfterFunc(flapQuiet, h.settled)
	h.emit(ctx, c.caller, slog.LevelWarn, IDFlapping, fmt.Sprintf("%s: its health is flapping", h.service),
		slog.String("service", h.service), slog.String("old", c.old), slog.String("new", h.state.String()), slog.String("reason", h.reason),
		slog.Int("changes", flapLimit+1), slog.Duration("within", flapWindow))
	return true
}

// settled logs what is left when the flapping is over.
func (h *Health) settled() {
	h.changing.Lock()
	defer h.changing.Unlock()
	now := time.Now()
	if h.settle == nil || now.Sub(h.since) < flapQuiet {
		return // it ended otherwise, or there was one more change at this moment
	}
	h.emit(context.Background(), 0, h.state.Level(), h.state.EventID(), fmt.Sprintf("%s: settled: %s", h.service, h.state), append([]slog.Attr{
		slog.String("service", h.service), slog.String("new", h.state.String()), slog.String("reason", h.reason),
	}, h.endFlapping(now)...)...)
}

// endFlapping ends the flapping, if there is one, and returns what there is to
// say about it.
func (h *Health) endFlapping(now time.Time) []slog.Attr {
	if h.settle == nil {
		return nil
	}
	h.settle.Stop()
	h.settle = nil
	return []slog.Attr{slog.Int("folded", h.folded), slog.Duration("flapping", now.Sub(h.flapping).Round(time.Millisecond))}
}

// reportBudget is how much of a crash report fits into an event beside the rest:
// each byte can become two UTF-16 units.
const reportBudget = textBudget/2 - 500

// OnCrash logs that the previous run of the service crashed, with what it left
// behind: the output of the Go runtime, whose beginning says the most. It has
// the shape of a service's hook that gets the crash file at the next start. An
// empty report logs nothing. The state of this run is not changed.
func (h *Health) OnCrash(ctx context.Context, report []byte) {
	report = bytes.TrimSpace(report)
	if len(report) == 0 {
		return
	}
	first, _, _ := strings.Cut(string(report), "\n")
	h.emit(ctx, caller(1), slog.LevelError, IDCrashed, fmt.Sprintf("%s: the previous run crashed: %s", h.service, head(strings.TrimSpace(first), 200)),
		slog.String("service", h.service), slog.String("new", Crashed.String()), slog.String("report", head(string(report), reportBudget)))
}

// head cuts s to about n bytes, on a character, and says how many characters
// are missing.
func head(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return fmt.Sprintf("%s…[+%d]", s[:n], utf8.RuneCountInString(s[n:]))
}

// emit logs one event as if the code at caller had.
func (h *Health) emit(ctx context.Context, caller uintptr, level slog.Level, id uint16, message string, attrs ...slog.Attr) {
	if ctx == nil { // as slog allows
		ctx = context.Background()
	}
	ctx = always{ctx}
	if !h.log.Enabled(ctx, level) {
		return
	}
	r := slog.NewRecord(time.Now(), level, message, caller)
	r.AddAttrs(ID(id))
	r.AddAttrs(attrs...)
	_ = h.log.Handler().Handle(ctx, r) // as slog.Logger does: there is nobody to tell
}

// caller is the program counter of the caller's caller, skip calls up.
func caller(skip int) uintptr {
	var pcs [1]uintptr
	runtime.Callers(2+skip, pcs[:])
	return pcs[0]
}
