package service

import (
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

	"github.com/surefoot-go/surefoot/examples/devloop/internal/requestid"
)

// maxBody is how long the body of a request may be, in bytes.
const maxBody = 1 << 20

// statusClientGone is for the log and the metrics: an answer that nobody reads is
// no failure of the service. nginx has the same number for it.
const statusClientGone = 499

// A Handler answers one request. An error that it returns becomes the answer:
// see Error; any other error is logged and answered by 500.
type Handler func(w http.ResponseWriter, r *http.Request) error

// An Error is an answer other than success. Its JSON has the request's ID, too.
type Error struct {
	Status  int
	Message string // for the client
	Err     error  // for the log; may be nil
}

// Errorf returns an Error.
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

// Handle registers h for a pattern of http.ServeMux, "GET /users/{id}" say.
func (e *Env) Handle(pattern string, h Handler) {
	e.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		err := h(w, r)
		if err == nil {
			return
		}
		if w.(*recorder).status != 0 { // too late for another answer; mostly, the client has gone
			e.Log.DebugContext(r.Context(), "the answer was cut short", "err", err)
			return
		}
		answer := Errorf(http.StatusInternalServerError, "internal error")
		if tooLarge := (*http.MaxBytesError)(nil); r.Context().Err() != nil {
			answer = Errorf(statusClientGone, "the client has gone") // whatever failed for that reason
		} else if errors.As(err, &tooLarge) {
			answer = Errorf(http.StatusRequestEntityTooLarge, "the body has more than %d bytes", tooLarge.Limit)
		} else if !errors.As(err, &answer) || answer.Err != nil {
			e.Log.ErrorContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path, "err", err)
		}
		writeError(w, r, answer)
	})
}

func writeError(w http.ResponseWriter, r *http.Request, e *Error) {
	WriteJSON(w, e.Status, map[string]string{"error": e.Message, "request_id": requestid.From(r.Context())})
}

// WriteJSON answers with v. Its error is the client's going away, or a v that is
// no JSON.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	return json.NewEncoder(w).Encode(v)
}

// ReadJSON reads the whole body of r into v, strictly; its error is for the client.
func ReadJSON(r *http.Request, v any) error {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		if errors.As(err, new(*http.MaxBytesError)) {
			return err
		}
		return Errorf(http.StatusBadRequest, "the body is not what is wanted: %v", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return Errorf(http.StatusBadRequest, "there is more behind the JSON object")
	}
	return nil
}

// server serves the service's routes, the probes and the metrics.
func (e *Env) server(registry *prometheus.Registry, health *eventx.Health) *http.Server {
	requests := newRequestMetrics(registry)
	root := http.NewServeMux() // what watches the service is not counted among its requests
	root.Handle("GET /healthz", probe.Handler(health))
	root.Handle("GET /readyz", probe.Handler(health))
	root.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{Registry: registry}))
	root.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		id := requestid.New(r.Header.Get(requestid.Header))
		w.Header().Set(requestid.Header, id)
		r = r.WithContext(requestid.With(r.Context(), id))
		rec := &recorder{ResponseWriter: w}
		done := requests.begin()
		defer func() {
			p := recover()
			if p != nil && p != http.ErrAbortHandler {
				e.Log.ErrorContext(r.Context(), "panic", "value", p, "stack", string(debug.Stack()))
				if rec.status == 0 {
					writeError(rec, r, Errorf(http.StatusInternalServerError, "internal error"))
					p = nil
				}
			}
			route := "none" // never the path: a scanner's would be as many series
			if _, path, ok := strings.Cut(r.Pattern, " "); ok {
				route = path
			}
			took := time.Since(begin)
			done(route, r.Method, rec.code(), took)
			e.Log.InfoContext(r.Context(), "request", "method", r.Method, "path", r.URL.Path, "status", rec.code(), "took", took)
			if p != nil {
				panic(http.ErrAbortHandler) // the client must not take a part of the answer for the whole
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

// serve has the route's handler answer, or says in JSON why there is none.
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

// isText says whether the path and the query are text without a NUL: PostgreSQL
// takes no other.
func isText(u *url.URL) bool {
	query, err := url.QueryUnescape(u.RawQuery)
	return err == nil && utf8.ValidString(u.Path+query) && !strings.ContainsRune(u.Path+query, 0)
}

// An unsent answer is kept from the client, except for its header.
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
