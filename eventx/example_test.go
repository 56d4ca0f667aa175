package eventx_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/eventx"
)

func ExampleNewHandler() {
	h, err := eventx.NewHandler("orders", &eventx.HandlerOptions{Level: slog.LevelInfo})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer h.Close()
	logger := slog.New(h).With(eventx.Category(1))
	logger.Error("payment service unreachable", eventx.ID(2001), "err", errors.New("i/o timeout"))
}

func ExampleSetDefault() {
	h, err := eventx.NewHandler("orders", &eventx.HandlerOptions{Sync: slog.LevelError})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	eventx.SetDefault(h)
	slog.Error("configuration is broken") // is in the log before the next line
	log.Fatal("cannot start")             // so is this
}

func ExampleHandler_Flush() {
	h, err := eventx.NewHandler("orders", nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	slog.New(h).Error("configuration is broken", eventx.ID(2000))
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := h.Flush(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "the log hangs:", err, h.Stats())
	}
	os.Exit(1)
}

func ExampleID() {
	// Handlers other than this package's show an ID as an attribute.
	slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})).Error("configuration is broken", eventx.ID(2000), eventx.Category(1))
	// Output: level=ERROR msg="configuration is broken" event_id=2000 event_category=1
}

func ExampleInstall() {
	source := eventx.Source{
		Name:       "orders",
		Events:     []eventx.Event{{ID: 2001, Text: "The payment service can't be reached. Orders wait until it is back.\n\n%1"}},
		Categories: []string{"Payment", "Storage"},
	}
	switch _, err := eventx.Install(source); {
	case errors.Is(err, errors.ErrUnsupported): // the log takes any source
	case errors.Is(err, eventx.ErrAccessDenied):
		fmt.Fprintln(os.Stderr, "run this as administrator:", err)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
	}
}

func ExampleUninstall() {
	if err := eventx.Uninstall("orders"); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		fmt.Fprintln(os.Stderr, err)
	}
}

func ExampleStatus() {
	state, err := eventx.Status("orders")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	fmt.Fprintln(os.Stderr, "events go to", state.Log, state.Mode, state.Note)
}

func ExampleHealth() {
	h, err := eventx.NewHandler("orders", nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer h.Close()
	ctx := context.Background()
	health := eventx.NewHealth(slog.New(h), "orders")
	health.Set(ctx, eventx.Healthy, "all checks pass")
	health.Set(ctx, eventx.Degraded, "cache unreachable") // ready, with an event for the operator
	health.Set(ctx, eventx.Degraded, "cache unreachable") // no second one
	health.Set(ctx, eventx.Stopping, "asked to")
}

func ExampleHealth_OnCrash() {
	// The Go runtime wrote this file, set by debug.SetCrashOutput.
	report, err := os.ReadFile("/var/lib/orders/crash.txt")
	if err == nil {
		eventx.NewHealth(slog.Default(), "orders").OnCrash(context.Background(), report)
	}
}

func ExampleQuery() {
	filter := eventx.Filter{
		Sources: []string{"orders", "payment"},
		IDs:     []uint16{eventx.IDDegraded, eventx.IDUnhealthy, eventx.IDCrashed},
		Since:   time.Now().Add(-24 * time.Hour),
	}
	for event, err := range eventx.Query(context.Background(), filter) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return
		}
		fmt.Fprintln(os.Stderr, event)
	}
}

func ExampleFilter_Print() {
	// A service's "logs" command: follow until Ctrl+C.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := (eventx.Filter{Sources: []string{"orders"}, Follow: true}).Print(ctx, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

func ExampleCustomView() {
	view, err := eventx.CustomView("Health of our services", eventx.Filter{
		Sources: []string{"orders", "payment"},
		IDs:     []uint16{eventx.IDDegraded, eventx.IDUnhealthy, eventx.IDCrashed, eventx.IDFlapping},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Count(string(view), "<Select"))
	// Output: 1
}

func ExampleSource_OnInstall() {
	source := eventx.Source{Name: "orders"}
	// A svcx.Service has hooks of this type, so that its source is installed and uninstalled with
	// it.
	var hooks struct{ OnInstall, OnUninstall func(context.Context) error }
	hooks.OnInstall, hooks.OnUninstall = source.OnInstall, source.OnUninstall
	_ = hooks
}
