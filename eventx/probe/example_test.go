package probe_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"

	"github.com/surefoot-go/surefoot/eventx"
	"github.com/surefoot-go/surefoot/eventx/probe"
)

func ExampleHandler() {
	health := eventx.NewHealth(slog.New(slog.DiscardHandler), "orders")
	health.Set(context.Background(), eventx.Unhealthy, "database unreachable")
	for _, path := range []string{"/healthz", "/readyz"} {
		w := httptest.NewRecorder()
		probe.Handler(health).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(path, w.Code)
	}
	// Output:
	// /healthz 200
	// /readyz 503
}
