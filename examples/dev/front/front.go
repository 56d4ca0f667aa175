// Package front is the proxy between a service's clients and the service's process, which dev
// replaces.
//
// # Protocols
//
// The front accepts HTTP/1 and, without TLS, HTTP/2 (h2c with prior knowledge, as used by gRPC). It
// forwards a request in the client's protocol, or as HTTP/1 if the process does not support HTTP/2.
// It forwards trailers, and Host and the query unchanged; it adds Forwarded and X-Forwarded-* only
// if they are absent.
//
// # A swap
//
// New requests go to the new process at once. Active requests of the old process are handled
// according to their kind:
//
//   - A request, including a download or a gRPC stream, finishes there, up to the time limit set by
//     the caller of Drain (dev's -drain, 5
//     minutes by default).
//   - A WebSocket client gets a close frame: 1012 (service restart), or 1001 (going away) if no
//     process follows. It has two seconds to respond.
//   - A stream of server-sent events ends after the current event with a proper end of the
//     response, so that EventSource reconnects.
//   - A long poll without a response yet is sent to the new process, unnoticed by its client. A
//     long poll is a GET or HEAD with "Prefer: wait" (RFC 7240), with text/event-stream in Accept,
//     or with a path in Config.Polls. Other long polls can't be distinguished from slow requests
//     and stay.
//   - A connection upgraded to another protocol stays until the time limit.
package front

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httputil"
	"path"
	"sync"
	"sync/atomic"
	"time"
)

// Config configures a Front.
type Config struct {
	// Why returns the reason why nothing serves. If that may change soon, it also returns a channel
	// to wait for before calling Why again.
	Why      func() (reason string, again <-chan struct{})
	Patience time.Duration // how long a request waits for that
	Polls    []string      // paths of long polls, as path.Match takes them: see CheckPolls
	ErrorLog *log.Logger   // nil: log's own
}

// A Front forwards requests to the process that currently serves.
type Front struct {
	cfg      Config
	proxy    httputil.ReverseProxy
	requests atomic.Int64

	mu      sync.Mutex
	backend *Backend // nil: nothing serves
}

// CheckPolls returns an error for the first of the patterns that path.Match does not take.
func CheckPolls(patterns []string) error {
	for _, pattern := range patterns {
		if _, err := path.Match(pattern, ""); err != nil {
			return fmt.Errorf("the path of long polls %q: %w", pattern, err)
		}
	}
	return nil
}

// New returns a front without a process.
func New(cfg Config) *Front {
	f := &Front{cfg: cfg}
	f.proxy = httputil.ReverseProxy{
		Rewrite:       rewrite,
		Transport:     roundTripper{},
		FlushInterval: -1, // events pass at once
		ErrorHandler:  failed,
		ErrorLog:      cfg.ErrorLog,
	}
	return f
}

// Server returns a server for the front. Its Shutdown also ends streams.
func (f *Front) Server() *http.Server {
	s := &http.Server{Handler: f, ReadHeaderTimeout: 10 * time.Second, ErrorLog: f.cfg.ErrorLog, Protocols: protocols(true, true)}
	s.RegisterOnShutdown(func() { f.Swap(nil) })
	return s
}

// Requests returns the number of requests so far.
func (f *Front) Requests() int64 { return f.requests.Load() }

// ServeHTTP forwards a request to the process that currently serves.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.requests.Add(1)
	x := &exchange{front: f, poll: f.isPoll(r)}
	defer x.release()
	if isWebSocket(r.Header) {
		w = &upgrader{w, x}
	}
	f.proxy.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x)))
}

// unavailable is the reason why nothing serves a request.
type unavailable string

func (u unavailable) Error() string { return string(u) }

// acquire returns the current backend and increments its request count. If there is none, it waits,
// and returns the reason when waiting is useless or has taken too long.
func (f *Front) acquire(ctx context.Context) (*Backend, error) {
	patience := time.NewTimer(f.cfg.Patience)
	defer patience.Stop()
	for {
		if b := f.take(); b != nil {
			return b, nil
		}
		reason, again := f.cfg.Why()
		if b := f.take(); b != nil { // it came before Why looked
			return b, nil
		}
		if again == nil {
			return nil, unavailable(reason)
		}
		select {
		case <-again:
		case <-patience.C:
			return nil, unavailable(reason)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (f *Front) take() *Backend {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.backend != nil {
		f.backend.inflight++
	}
	return f.backend
}

func (f *Front) release(b *Backend) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b.inflight--
	b.closeIfDrained()
}

// Swap directs new requests to b, or to no process if it is nil, and ends the streams of the
// previous backend.
func (f *Front) Swap(b *Backend) {
	f.mu.Lock()
	old := f.backend
	f.backend = b
	if old != nil {
		old.retired = true
		old.closeIfDrained()
	}
	f.mu.Unlock()
	switch {
	case old == nil:
	case b == nil:
		old.dismiss(goingAway)
	default:
		old.dismiss(serviceRestart)
	}
}

// Drain waits until b, which has been swapped out, has answered all of its requests, or ctx ends.
// It returns the number of remaining requests.
func (f *Front) Drain(ctx context.Context, b *Backend) (left int) {
	select {
	case <-b.drained:
	case <-ctx.Done():
	}
	b.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	return b.inflight
}

// failed answers a request that no process has answered.
func failed(w http.ResponseWriter, r *http.Request, err error) {
	if reason, ok := errors.AsType[unavailable](err); ok {
		w.Header().Set("Retry-After", "1")
		http.Error(w, reason.Error(), http.StatusServiceUnavailable)
		return
	}
	if errors.Is(err, context.Canceled) {
		return // the client has gone
	}
	http.Error(w, fmt.Sprintf("the service did not answer: %v", err), http.StatusBadGateway)
}
