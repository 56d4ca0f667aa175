package inspect

import (
	"bytes"
	"fmt"
	"net/http"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"strconv"
	"time"
)

// profile serves a profile or, with seconds=, its change in that time.
func (m *mux) profile(w http.ResponseWriter, r *http.Request) {
	p := pprof.Lookup(r.PathValue("name"))
	if p == nil {
		http.Error(w, "inspect: no such profile", http.StatusNotFound)
		return
	}
	debug, _ := strconv.Atoi(r.URL.Query().Get("debug"))
	seconds, ok := secondsOf(w, r, 0)
	if !ok {
		return
	}
	if debug != 0 && seconds != 0 {
		http.Error(w, "inspect: the difference over seconds= has no text form: leave debug= out", http.StatusBadRequest)
		return
	}
	if !enter(w, m.other, "two profiles are") {
		return
	}
	held := true
	defer func() {
		if held {
			leave(m.other)
		}
	}()
	if gc, _ := strconv.Atoi(r.URL.Query().Get("gc")); p.Name() == "heap" && gc > 0 {
		runtime.GC()
	}
	if seconds == 0 {
		var buf bytes.Buffer // so that an error becomes a status and not a damaged profile
		if err := p.WriteTo(&buf, debug); err != nil {
			http.Error(w, "inspect: "+err.Error(), http.StatusInternalServerError)
			return
		}
		serve(w, p.Name(), debug != 0, buf.Bytes())
		return
	}
	before, err := collect(p)
	if err == nil {
		leave(m.other) // let others take theirs
		if held = sleep(r, seconds) && wait(r, m.other); !held {
			return
		}
		var after *profile
		if after, err = collect(p); err == nil {
			after.subtract(before)
			serveProfile(w, p.Name()+"-delta", after)
			return
		}
	}
	http.Error(w, "inspect: "+err.Error(), http.StatusInternalServerError)
}

// wait waits for a slot, and reports whether it got one before the client disconnected.
func wait(r *http.Request, places chan struct{}) bool {
	select {
	case places <- struct{}{}:
		return true
	case <-r.Context().Done():
		return false
	}
}

func collect(p *pprof.Profile) (*profile, error) {
	var buf bytes.Buffer
	if err := p.WriteTo(&buf, 0); err != nil {
		return nil, err
	}
	return parseProfile(buf.Bytes())
}

func (m *mux) cpuProfile(w http.ResponseWriter, r *http.Request) {
	seconds, ok := secondsOf(w, r, 30)
	if !ok || !enter(w, m.cpu, "a CPU profile is") {
		return
	}
	defer leave(m.cpu)
	var buf bytes.Buffer
	start := time.Now()
	before, beforeErr := cpuUsed()
	if err := pprof.StartCPUProfile(&buf); err != nil { // the program itself is taking one
		w.Header().Set("Retry-After", "10")
		http.Error(w, "inspect: "+err.Error(), http.StatusServiceUnavailable)
		return
	}
	ok = sleep(r, seconds)
	pprof.StopCPUProfile()
	after, afterErr := cpuUsed()
	if !ok {
		return
	}
	p, err := parseProfile(buf.Bytes())
	if err != nil {
		http.Error(w, "inspect: "+err.Error(), http.StatusInternalServerError)
		return
	}
	if beforeErr == nil && afterErr == nil {
		p.annotate(cpuUse{after.user - before.user, after.system - before.system}, time.Since(start))
	}
	serveProfile(w, "profile", p)
}

func (m *mux) executionTrace(w http.ResponseWriter, r *http.Request) {
	seconds, ok := secondsOf(w, r, 1)
	if !ok || !enter(w, m.trace, "a trace is") {
		return
	}
	defer leave(m.trace)
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", `attachment; filename="trace"`)
	if err := trace.Start(w); err != nil {
		w.Header().Del("Content-Disposition")
		w.Header().Set("Retry-After", "10")
		http.Error(w, "inspect: "+err.Error(), http.StatusServiceUnavailable)
		return
	}
	sleep(r, seconds)
	trace.Stop()
}

// secondsOf parses seconds=, which may have a fraction, and extends the write deadline by that
// time.
func secondsOf(w http.ResponseWriter, r *http.Request, missing float64) (time.Duration, bool) {
	seconds := missing
	if s := r.URL.Query().Get("seconds"); s != "" {
		var err error
		if seconds, err = strconv.ParseFloat(s, 64); err != nil || !(seconds >= minSeconds && seconds <= maxSeconds) {
			http.Error(w, fmt.Sprintf("inspect: seconds must be a number from %v to %v", minSeconds, maxSeconds), http.StatusBadRequest)
			return 0, false
		}
	}
	d := time.Duration(seconds * float64(time.Second))
	http.NewResponseController(w).SetWriteDeadline(time.Now().Add(d + writeMargin))
	return d, true
}

// sleep waits for d and reports whether the client is still connected.
func sleep(r *http.Request, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// enter takes a slot, or responds that there is none.
func enter(w http.ResponseWriter, places chan struct{}, what string) bool {
	select {
	case places <- struct{}{}:
		return true
	default:
		w.Header().Set("Retry-After", "10")
		http.Error(w, "inspect: "+what+" being taken already: try again later", http.StatusTooManyRequests)
		return false
	}
}

func leave(places chan struct{}) { <-places }
