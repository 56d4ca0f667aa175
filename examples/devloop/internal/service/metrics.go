package service

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/surefoot-go/surefoot/eventx"
	"github.com/surefoot-go/surefoot/procx"
)

// newRegistry returns a registry with metrics of the process, the runtime and the event handler.
func newRegistry(events *eventx.Handler) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector(),
	)
	for result, value := range map[string]func(eventx.Stats) uint64{
		"written":    func(s eventx.Stats) uint64 { return s.Written },
		"dropped":    func(s eventx.Stats) uint64 { return s.Dropped },
		"suppressed": func(s eventx.Stats) uint64 { return s.Suppressed },
		"failed":     func(s eventx.Stats) uint64 { return s.Errors },
	} {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "eventx_events_total", Help: "Events for the system's log.", ConstLabels: prometheus.Labels{"result": result},
		}, func() float64 { return float64(value(events.Stats())) }))
	}
	return r
}

// watch starts two watchers, for goroutines that pile up fast and for those that do so slowly.
func watch(ctx context.Context, r prometheus.Registerer, log *slog.Logger) {
	for name, config := range map[string]procx.WatchConfig{
		"fast": {Every: 5 * time.Second, Rounds: 6, Threshold: 50, Rate: 60},
		"slow": {Every: time.Minute, Rounds: 30},
	} {
		config.Logger = log.With("watcher", name)
		w := procx.Watch(ctx, config)
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "procx_watch_leaked_goroutines", Help: "Goroutines at the places that a watcher has found.",
			ConstLabels: prometheus.Labels{"watcher": name},
		}, func() (sum float64) {
			for _, f := range w.Findings() {
				sum += float64(f.Count)
			}
			return sum
		}))
	}
}

// requestMetrics are the rate, the errors and the duration of requests.
type requestMetrics struct {
	total    *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

func newRequestMetrics(r prometheus.Registerer) *requestMetrics {
	m := &requestMetrics{
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total", Help: "Requests that were answered.",
		}, []string{"route", "method", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_request_duration_seconds", Help: "How long the answers took.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 14), // 1 ms to 8 s
		}, []string{"route", "method"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "http_requests_in_flight", Help: "Requests that are being answered.",
		}),
	}
	r.MustRegister(m.total, m.duration, m.inFlight)
	return m
}

// observe counts a request that has been answered.
func (m *requestMetrics) observe(route, method string, status int, took time.Duration) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
	default:
		method = "other" // clients that invent methods must not create series
	}
	m.total.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.duration.WithLabelValues(route, method).Observe(took.Seconds())
}
