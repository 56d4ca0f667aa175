// The Prometheus row: its handler is an http.Handler beside the service's own.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/surefoot-go/surefoot/internal/adopt/kit"
)

func main() { kit.Main("prometheus", serve, client) }

func serve(ctx context.Context, s *kit.Service) error {
	registry := prometheus.NewRegistry()
	requests := prometheus.NewCounter(prometheus.CounterOpts{Name: "adopt_requests_total", Help: "Requests."})
	registry.MustRegister(requests, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		requests.Inc()
		io.WriteString(w, s.Work())
	})
	return s.ServeHTTP(ctx, mux)
}

// client makes a request, and sees it counted.
func client(address string) (func(context.Context) (string, error), func(), error) {
	answer, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && !strings.Contains(string(text), "\nadopt_requests_total ") {
		err = fmt.Errorf("the metrics lack adopt_requests_total: %s", text)
	}
	if err != nil {
		return nil, nil, err
	}
	return kit.HTTP(address)
}
