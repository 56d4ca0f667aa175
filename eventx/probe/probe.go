// Package probe serves the health probes of load balancers and orchestrators from an
// [eventx.Health].
//
// It is a separate package because net/http adds about 1.5 MB to a program on Windows, which a
// program that only logs should not link.
//
//	health := eventx.NewHealth(logger, "orders")
//	mux.Handle("GET /healthz", probe.Handler(health))
//	mux.Handle("GET /readyz", probe.Handler(health))
package probe

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/surefoot-go/surefoot/eventx"
)

// answer is the JSON response to a probe.
type answer struct {
	Service string    `json:"service"`
	State   string    `json:"state"`
	Reason  string    `json:"reason,omitempty"`
	Since   time.Time `json:"since"`
}

// Handler returns a handler that responds with JSON that contains the service's name, state, reason
// and the start time of that state:
//
//	GET /healthz  200 while the service is alive, 503 when it is Stopped or Crashed
//	GET /readyz   200 while it serves, Healthy or Degraded, otherwise 503
//
// Any other path returns 404. Any client that can reach the handler can read the reason. A probe
// never waits for the log, even while h is writing a change to a log that hangs. The handler is
// safe for concurrent use.
func Handler(h *eventx.Health) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		write(w, h, func(s eventx.HealthState) bool { return s != eventx.Stopped && s != eventx.Crashed })
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		write(w, h, func(s eventx.HealthState) bool { return s == eventx.Healthy || s == eventx.Degraded })
	})
	return mux
}

func write(w http.ResponseWriter, h *eventx.Health, ok func(eventx.HealthState) bool) {
	state, reason, since := h.State()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !ok(state) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	// An error means that the client has gone.
	_ = json.NewEncoder(w).Encode(answer{h.Service(), state.String(), reason, since.UTC()})
}
