package service

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/surefoot-go/surefoot/eventx"
	"github.com/surefoot-go/surefoot/listen"
	"github.com/surefoot-go/surefoot/procx"
)

// newRegistry returns a registry that has the process, the runtime and the event
// handler in it.
func newRegistry(events *eventx.Handler) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector(),
	)
	const name, help = "eventx_events_total", "Events for the system's log, by what became of them."
	for result, value := range map[string]func(eventx.Stats) uint64{
		"written":    func(s eventx.Stats) uint64 { return s.Written },
		"dropped":    func(s eventx.Stats) uint64 { return s.Dropped },
		"suppressed": func(s eventx.Stats) uint64 { return s.Suppressed },
		"truncated":  func(s eventx.Stats) uint64 { return s.Truncated },
	} {
		counter(r, name, help, prometheus.Labels{"result": result}, func() float64 { return float64(value(events.Stats())) })
	}
	counter(r, "eventx_errors_total", "Failures to open or to write the system's log.", nil,
		func() float64 { return float64(events.Stats().Errors) })
	return r
}

// counter registers a counter that somebody else keeps.
func counter(r prometheus.Registerer, name, help string, labels prometheus.Labels, value func() float64) {
	r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: labels}, value))
}

// gauge registers a gauge that somebody else keeps.
func gauge(r prometheus.Registerer, name, help string, labels prometheus.Labels, value func() float64) {
	r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels}, value))
}

// watch has two watchers look for goroutines that pile up, fast and slowly.
func watch(ctx context.Context, r prometheus.Registerer, log *slog.Logger) {
	for name, config := range map[string]procx.WatchConfig{
		"fast": {Every: 5 * time.Second, Rounds: 6, Threshold: 50, Rate: 60},
		"slow": {Every: time.Minute, Rounds: 30},
	} {
		config.Logger = log.With("watcher", name)
		w := procx.Watch(ctx, config)
		labels := prometheus.Labels{"watcher": name}
		counter(r, "procx_watch_rounds_total", "Rounds of a watcher.", labels,
			func() float64 { return float64(w.Stats().Rounds) })
		counter(r, "procx_watch_findings_total", "Findings of a watcher.", labels,
			func() float64 { return float64(w.Stats().Findings) })
		counter(r, "procx_watch_busy_seconds_total", "CPU time that a watcher took, at most.", labels,
			func() float64 { return w.Stats().Busy.Seconds() })
		gauge(r, "procx_watch_leaked_goroutines", "Goroutines at the sites that a watcher has found.", labels, func() float64 {
			sum := 0
			for _, f := range w.Findings() {
				sum += f.Count
			}
			return float64(sum)
		})
	}
}

// requestMetrics are the rate, the errors and the duration of the requests.
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

// begin counts a request in, and returns what counts it out.
func (m *requestMetrics) begin() (done func(route, method string, status int, took time.Duration)) {
	m.inFlight.Inc()
	return func(route, method string, status int, took time.Duration) {
		m.inFlight.Dec()
		method = knownMethod(method)
		m.total.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
		m.duration.WithLabelValues(route, method).Observe(took.Seconds())
	}
}

// knownMethod keeps a client from making as many series as it can think of methods.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// countConnections shows what l is bound to, and counts the connections that
// server takes from it.
func countConnections(r prometheus.Registerer, l *listen.Listener, server *http.Server) {
	sockets := map[string]int{"tcp4": 0, "tcp6": 0}
	for _, addr := range l.Addrs() {
		if isIPv4(addr) {
			sockets["tcp4"]++
		} else {
			sockets["tcp6"]++
		}
	}
	for network, n := range sockets {
		gauge(r, "listen_sockets", "Bound sockets.", prometheus.Labels{"network": network}, func() float64 { return float64(n) })
	}
	gauge(r, "listen_skipped_families", "Address families that this machine lacks.", nil,
		func() float64 { return float64(len(l.Skipped())) })

	var total, open [2]atomic.Int64 // by family
	for i, family := range []string{"IPv4", "IPv6"} {
		labels := prometheus.Labels{"family": family}
		counter(r, "listen_connections_total", "Connections that were accepted.", labels,
			func() float64 { return float64(total[i].Load()) })
		gauge(r, "listen_connections_open", "Connections that are open.", labels,
			func() float64 { return float64(open[i].Load()) })
	}
	server.ConnState = func(c net.Conn, state http.ConnState) {
		i := 1
		if isIPv4(c.RemoteAddr()) {
			i = 0
		}
		switch state {
		case http.StateNew:
			total[i].Add(1)
			open[i].Add(1)
		case http.StateClosed, http.StateHijacked:
			open[i].Add(-1)
		}
	}
}

func isIPv4(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.To4() != nil
}
