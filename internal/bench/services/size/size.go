// Package size is what a typical service has anyway.
package size

import (
	"context"
	"flag"
	"log/slog"
	"net/http"
)

var listen = flag.String("listen", ":8080", "address")

// Serve serves HTTP.
func Serve(ctx context.Context) error {
	err := http.ListenAndServe(*listen, nil)
	slog.Error("ended", "err", err)
	return err
}
