package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/surefoot-go/surefoot/eventx"
	"github.com/surefoot-go/surefoot/eventx/probe"
)

// maxBody limits the body of a request, in bytes.
const maxBody = 1 << 20

// statusClientGone is for the log and the metrics: an answer that no client reads is not a failure
// of the service. nginx uses the same number.
const statusClientGone = 499

// A Handler answers one request. If it returns an *Error, that becomes the answer. Any other error
// is logged and answered with 500.
type Handler func(w http.ResponseWriter, r *http.Request) error

// An Error is an answer other than success. Its JSON contains the request's ID.
type Error struct {
	Status  int
	Message string // for the client
	Err     error  // for the log; may be nil
	NoRetry bool   // sets NoRetryHeader
}

// Errorf returns an Error without a cause.
func Errorf(status int, format string, args ...any) *Error {
	return &Error{Status: status, Message: fmt.Sprintf(format, args...)}
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

func (e *Error) Unwrap() error { return e.Err }

// Handle registers h for a pattern of http.ServeMux, such as "GET /users/{id}".
func (e *Env) Handle(pattern string, h Handler) {
	e.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		err := h(w, r)
		if err == nil {
			return
		}
		if w.(*recorder).status != 0 { // too late for another answer; usually the client has gone
			e.Log.DebugContext(r.Context(), "the answer was cut short", "err", err)
			return
		}
		answer := answerTo(r, err)
		if answer.Err != nil {
			e.Log.ErrorContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path, "err", err)
		}
		writeError(w, r, answer)
	})
}

// answerTo returns the answer to a request that failed with err.
func answerTo(r *http.Request, err error) *Error {
	var answer *Error
	var tooLarge *http.MaxBytesError
	switch ctxErr := r.Context().Err(); {
	case errors.Is(ctxErr, context.Canceled): // whatever failed, failed because of that
		return Errorf(statusClientGone, "the client has gone")
	case errors.As(err, &tooLarge):
		return Errorf(http.StatusRequestEntityTooLarge, "the body has more than %d bytes", tooLarge.Limit)
	case errors.As(err, &answer):
		return answer
	case ctxErr != nil:
		return &Error{Status: http.StatusServiceUnavailable, Message: "the time for this request is over", Err: err}
	}
	return &Error{Status: http.StatusInternalServerError, Message: "internal error", Err: err}
}

func writeError(w http.ResponseWriter, r *http.Request, e *Error) {
	if e.NoRetry {
		w.Header().Set(NoRetryHeader, "true")
	}
	WriteJSON(w, e.Status, map[string]string{"error": e.Message, "request_id": RequestID(r.Context())})
}

// WriteJSON answers with v. It returns an error if the client has gone or v can't be encoded.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	return json.NewEncoder(w).Encode(v)
}

// ReadJSON reads the whole body of r into v and accepts no unknown field. Its error is for the client.
func ReadJSON(r *http.Request, v any) error {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		if errors.As(err, new(*http.MaxBytesError)) {
			return err
		}
		return Errorf(http.StatusBadRequest, "can't read the body: %v", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return Errorf(http.StatusBadRequest, "the body has more than one JSON value")
	}
	return nil
}

// server serves the service's routes, the probes and the metrics.
func (e *Env) server(registry *prometheus.Registry, health *eventx.Health) *http.Server {
	metrics := newRequestMetrics(registry)
	root := http.NewServeMux() // probes and scrapes are not counted among the requests
	root.Handle("GET /healthz", probe.Handler(health))
	root.Handle("GET /readyz", probe.Handler(health))
	root.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{Registry: registry}))
	root.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		ctx, cancel := requestContext(r)
		defer cancel()
		r = r.WithContext(ctx)
		w.Header().Set(RequestIDHeader, RequestID(ctx))
		rec := &recorder{ResponseWriter: w}
		metrics.inFlight.Inc()
		defer func() {
			metrics.inFlight.Dec()
			p := recover()
			if p != nil && p != http.ErrAbortHandler {
				e.Log.ErrorContext(ctx, "panic", "value", p, "stack", string(debug.Stack()))
				if rec.status == 0 {
					writeError(rec, r, Errorf(http.StatusInternalServerError, "internal error"))
					p = nil
				}
			}
			route := "none" // not the path: each path that a scanner tries would be a series
			if _, path, ok := strings.Cut(r.Pattern, " "); ok {
				route = path
			}
			took := time.Since(begin)
			metrics.observe(route, r.Method, rec.code(), took)
			e.Log.InfoContext(ctx, "request", "method", r.Method, "path", r.URL.Path, "status", rec.code(), "took", took)
			if p != nil {
				panic(http.ErrAbortHandler) // the client must not take half an answer for the whole
			}
		}()
		e.serve(rec, r)
	})
	return &http.Server{
		Handler:           root,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}
}

// serve calls the route's handler, or says in JSON why there is none.
func (e *Env) serve(w http.ResponseWriter, r *http.Request) {
	if !isText(r.URL) {
		writeError(w, r, Errorf(http.StatusBadRequest, "the URL is not text in UTF-8"))
		return
	}
	if refuse, pattern := e.mux.Handler(r); pattern == "" {
		answer := &unsent{ResponseWriter: w}
		refuse.ServeHTTP(answer, r) // 404, or 405 with an Allow header
		writeError(w, r, Errorf(answer.status, "%s", strings.ToLower(http.StatusText(answer.status))))
		return
	}
	e.mux.ServeHTTP(w, r)
}

// isText reports whether the path and the query are UTF-8 without a NUL, which is all that
// PostgreSQL accepts.
func isText(u *url.URL) bool {
	query, err := url.QueryUnescape(u.RawQuery)
	return err == nil && utf8.ValidString(u.Path+query) && !strings.ContainsRune(u.Path+query, 0)
}

// An unsent answer sets headers and the status, and sends nothing.
type unsent struct {
	http.ResponseWriter
	status int
}

func (u *unsent) WriteHeader(status int)      { u.status = status }
func (u *unsent) Write(p []byte) (int, error) { return len(p), nil }

// A recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	r.status = r.code()
	return r.ResponseWriter.Write(p)
}

func (r *recorder) code() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
