package eventx

import (
	"encoding/json"
	"net/http"
	"time"
)

// probe is the answer to a probe.
type probe struct {
	Service string    `json:"service"`
	State   string    `json:"state"`
	Reason  string    `json:"reason,omitempty"`
	Since   time.Time `json:"since"`
}

// Handler answers the probes of load balancers and orchestrators with JSON:
//
//	GET /healthz  200 while the service is alive, 503 when it is Stopped or Crashed
//	GET /readyz   200 while it serves, Healthy or Degraded, otherwise 503
//
// Any other path is 404. What the reason says is readable by whoever reaches
// the handler.
func (h *Health) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		h.answer(w, func(s HealthState) bool { return s != Stopped && s != Crashed })
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		h.answer(w, func(s HealthState) bool { return s == Healthy || s == Degraded })
	})
	return mux
}

func (h *Health) answer(w http.ResponseWriter, ok func(HealthState) bool) {
	h.mu.Lock()
	state := h.state
	p := probe{Service: h.service, State: state.String(), Reason: h.reason, Since: h.since.UTC()}
	h.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !ok(state) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(p) // a client that is gone needs no answer
}
