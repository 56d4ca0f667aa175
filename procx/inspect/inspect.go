// Package inspect serves debug information about a running service: profiles, goroutines,
// variables, and how its binary was built. It also reports whether a debugger can work with that
// binary.
//
// Importing net/http/pprof or expvar registers handlers on http.DefaultServeMux
// (golang.org/issue/22085): a program that serves that mux also serves the profiles. A listener on
// ":6060" exposes them to the whole network, and a listener on the loopback interface exposes them
// to any web page in a browser on the same machine, through DNS rebinding. This package imports
// neither and serves its own mux.
//
//	s, err := inspect.Serve(ctx, inspect.Options{Addr: "localhost:6060"})
//	if err != nil {
//		return err
//	}
//	log.Printf("debug server at %s", s.URL())
//
// The paths are those of net/http/pprof, so tools work unchanged:
//
//	go tool pprof http://localhost:6060/debug/pprof/heap
//	go tool pprof http://localhost:6060/debug/pprof/profile?seconds=10
//	go tool pprof http://localhost:6060/debug/pprof/allocs?seconds=10  (allocations in that time)
//	go tool pprof https+insecure://:TOKEN@host:6060/debug/pprof/goroutine
//	go tool trace <(curl -s http://localhost:6060/debug/pprof/trace?seconds=5)
//
// Additional paths are /debug/goroutines (grouped by where they were started, with counts and
// ages), /debug/vars and /debug/build.
//
// # Windows
//
// All profiles are available, including CPU. But the CPU profile counts a thread that waits in a
// system call as busy, since the runtime only excludes threads that it has parked itself. The
// profile therefore contains the CPU time accounted by the system, and a warning if samples are
// such waits, as comments that go tool pprof shows above its report.
//
// # Block and mutex profiles
//
// These are empty until enabled by runtime.SetBlockProfileRate and runtime.SetMutexProfileFraction.
// They record a wait when it ends; for a wait that never ends, see /debug/goroutines.
package inspect

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/surefoot-go/surefoot/listen"
)

// ErrExposed is returned, wrapped, by Serve for an address beyond this machine without both a token
// and TLS.
var ErrExposed = errors.New("inspect: a debug server beyond the loopback interface needs a Token of 16 characters or more and TLS")

// Options configure Serve. The zero value serves a free port of 127.0.0.1.
type Options struct {
	// Addr is the TCP address; the default is "127.0.0.1:0". "localhost" means both loopback
	// addresses, so that no other program can bind one of them and receive the token; an empty host
	// means every interface.
	Addr string
	// Token is required with each request: as "Authorization: Bearer TOKEN", or as the password,
	// with any user name, of basic authentication. On the loopback interface it may be empty, which
	// gives access to everyone on this machine.
	Token string
	// TLS enables HTTPS.
	TLS *tls.Config
	// Vars yields additional variables for /debug/vars. A value must be one that encoding/json can
	// encode, or one whose String method returns JSON, as for expvar:
	//
	//	options.Vars = func(yield func(string, any) bool) {
	//		more := true
	//		expvar.Do(func(kv expvar.KeyValue) {
	//			if kv.Key != "cmdline" { // arguments may hold secrets
	//				more = more && yield(kv.Key, kv.Value)
	//			}
	//		})
	//	}
	//
	// This package does not import expvar, which registers /debug/vars on http.DefaultServeMux; the
	// caller may.
	Vars iter.Seq2[string, any]
}

// Server is a running debug server.
type Server struct {
	url     string
	http    *http.Server
	unwatch func() bool
	served  chan struct{} // closed when serving has ended, with err
	err     error

	mu       sync.Mutex
	closed   bool
	handlers sync.WaitGroup
}

// Serve starts a debug server and returns once it is listening. The server ends with ctx or by
// Close.
//
// The Host header of a request must name this machine: by address, as localhost, or, with TLS, by
// the server name of the connection. Requests made by another site's page are rejected (403). The
// server takes one CPU profile, one trace and two other profiles at a time, and answers 10 requests
// per second with a burst of 50; further requests are rejected (429).
//
// Serve returns ErrExposed, the errors of listening, or the cause of a context that has already
// ended.
func Serve(ctx context.Context, o Options) (*Server, error) {
	if ctx.Err() != nil {
		return nil, fmt.Errorf("inspect: not serving: %w", context.Cause(ctx))
	}
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	secure := o.TLS != nil && len(o.Token) >= minToken
	if err := checkAddr(ctx, o.Addr, secure); err != nil {
		return nil, err
	}
	if o.TLS != nil && len(o.TLS.Certificates) == 0 && o.TLS.GetCertificate == nil && o.TLS.GetConfigForClient == nil {
		return nil, errors.New("inspect: TLS has no certificate: set its Certificates or GetCertificate")
	}
	l, err := listen.Dual(o.Addr)
	if err != nil {
		return nil, fmt.Errorf("inspect: %w", err)
	}
	if !secure && !allLoopback(l.Addrs()) { // the name now resolves to something else
		l.Close()
		return nil, fmt.Errorf("%w: %s", ErrExposed, o.Addr)
	}
	scheme := "http"
	if o.TLS != nil {
		scheme = "https"
	}
	s := &Server{url: scheme + "://" + dialable(l.Addrs()), served: make(chan struct{})}
	s.http = &http.Server{
		Handler:           s.count(newGuard(o.Token, newMux(o))),
		TLSConfig:         o.TLS.Clone(), // net/http adds its protocols
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		// No WriteTimeout: it would cut off a longer profile.
	}
	go func() {
		defer close(s.served)
		if o.TLS != nil {
			s.err = s.http.ServeTLS(l, "", "")
		} else {
			s.err = s.http.Serve(l)
		}
	}()
	s.unwatch = context.AfterFunc(ctx, s.close)
	return s, nil
}

// URL returns the server's root, such as "http://127.0.0.1:6060". It can always be dialled.
func (s *Server) URL() string { return s.url }

// Close ends the server with its connections, any profile being taken, and its goroutines. It
// returns the error that ended serving before, if any.
func (s *Server) Close() error {
	s.unwatch()
	s.close()
	<-s.served
	s.handlers.Wait()
	if errors.Is(s.err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("inspect: serving: %w", s.err)
}

// close ends everything without waiting.
func (s *Server) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.http.Close()
}

// count counts handlers, so that Close can wait for them, which http.Server.Close doesn't.
func (s *Server) count(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		closed := s.closed
		if !closed {
			s.handlers.Add(1)
		}
		s.mu.Unlock()
		if !closed {
			defer s.handlers.Done()
			h.ServeHTTP(w, r)
		}
	})
}

// checkAddr returns ErrExposed for an address beyond the loopback interface, unless secure.
func checkAddr(ctx context.Context, addr string, secure bool) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("inspect: %w", err)
	}
	if secure || isLocalhost(host) {
		return nil
	}
	exposed := fmt.Errorf("%w: %s", ErrExposed, addr)
	if host == "" || host == "*" {
		return exposed
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return fmt.Errorf("inspect: %w", err)
	}
	for _, ip := range ips {
		if !ip.Unmap().IsLoopback() {
			return exposed
		}
	}
	return nil
}

// isLocalhost reports whether a name always stands for this machine (RFC 6761, section 6.3).
func isLocalhost(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

func allLoopback(addrs []net.Addr) bool {
	return !slices.ContainsFunc(addrs, func(a net.Addr) bool { return !a.(*net.TCPAddr).IP.IsLoopback() })
}

// dialable returns an address at which a listener can be reached from this machine.
func dialable(addrs []net.Addr) string {
	first := addrs[0].(*net.TCPAddr)
	if len(addrs) > 1 && allLoopback(addrs) || first.IP.IsUnspecified() {
		return net.JoinHostPort("localhost", strconv.Itoa(first.Port))
	}
	return first.String()
}
