// Package probe answers the health probes of load balancers and orchestrators from an
// [eventx.Health].
//
// It is a package of its own because net/http adds some 1.5 MB to a program on Windows: a program
// that only logs does not link it.
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

// answer is the JSON that a probe gets.
type answer struct {
	Service string    `json:"service"`
	State   string    `json:"state"`
	Reason  string    `json:"reason,omitempty"`
	Since   time.Time `json:"since"`
}

// Handler returns a handler that answers in JSON with the service's name, state, reason and the
// time since which it has been in that state:
//
//	GET /healthz  200 while the service is alive, 503 when it is Stopped or Crashed
//	GET /readyz   200 while it serves, Healthy or Degraded, otherwise 503
//
// Any other path is 404. Any client that can reach the handler can read the reason. A probe never
// waits for the log, even while h writes a change to one that hangs. The handler may be used
// concurrently.
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
