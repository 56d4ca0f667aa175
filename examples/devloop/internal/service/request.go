package service

import (
	"context"
	"crypto/rand"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers that the services add to HTTP. The first two travel down, with each request that one
// service sends to another; the third travels up, with the answer.
const (
	// RequestIDHeader names a request in the answer and in the logs of all services.
	RequestIDHeader = "X-Request-ID"

	// TimeoutHeader has the milliseconds that the caller is still willing to wait.
	TimeoutHeader = "X-Timeout-Ms"

	// NoRetryHeader marks an answer 502, 503 or 504 of a service that has tried again already. If its
	// caller did the same, every further layer would multiply the calls.
	NoRetryHeader = "X-Do-Not-Retry"
)

// MaxTime is how long a service works on one request, whatever its caller would wait. It is less
// than drainTimeout, so that a service that stops answers what it has begun.
const MaxTime = 8 * time.Second

type idKey struct{}

// RequestID returns the ID of the request that ctx belongs to, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(idKey{}).(string)
	return id
}

// WithRequestID returns a context that carries id.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, idKey{}, id)
}

// requestContext returns a request's context with its ID and its deadline: the caller's, or MaxTime
// from now if that is earlier.
func requestContext(r *http.Request) (context.Context, context.CancelFunc) {
	id := r.Header.Get(RequestIDHeader)
	if !isID(id) {
		id = rand.Text()
	}
	limit := MaxTime
	if ms, err := strconv.ParseUint(r.Header.Get(TimeoutHeader), 10, 31); err == nil {
		limit = min(limit, time.Duration(ms)*time.Millisecond)
	}
	return context.WithTimeout(WithRequestID(r.Context(), id), limit)
}

// isID reports whether a client's ID can be used. It goes into logs and headers, so the rule is
// strict.
func isID(id string) bool {
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-"
	return id != "" && len(id) <= 64 && strings.Trim(id, allowed) == ""
}
