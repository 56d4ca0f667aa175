// Events shows the life of an event source: it is installed, two services log changes of their
// health, the changes are read back from the system's log, and a view for Event Viewer is created.
//
//	go run ./examples/events
//
// Installing needs administrator rights on Windows; everything else works without them, as State
// shows. On other systems nothing is installed. On Linux the events are in journald:
//
//	journalctl -t surefoot-events EVENT_ID=103
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/surefoot-go/surefoot/eventx"
)

// invoiceFailed is an event of the services' own.
const invoiceFailed uint16 = 2001

var source = eventx.Source{
	Name:       "surefoot-events",
	Events:     []eventx.Event{{ID: invoiceFailed, Text: "An invoice could not be sent. It will be tried again.\n\n%1"}},
	Categories: []string{"Orders", "Payment"},
}

func main() {
	view := flag.String("view", "surefoot-events.xml", "where to write the custom view for Event Viewer")
	keep := flag.Bool("keep", false, "leave the source installed, so that its events keep their description")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, os.Stdout, *view, *keep); err != nil {
		fmt.Fprintln(os.Stderr, "events:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, view string, keep bool) error {
	switch changed, err := eventx.Install(source); {
	case errors.Is(err, errors.ErrUnsupported), errors.Is(err, eventx.ErrAccessDenied):
		fmt.Fprintln(out, "not installed:", err)
	case err != nil:
		return err
	default:
		fmt.Fprintln(out, "installed, changed:", changed)
		if !keep {
			defer eventx.Uninstall(source.Name)
		}
	}
	state, err := eventx.Status(source.Name)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "events go to: %s %s %s\n", state.Mode, state.Log, state.Note)

	start := time.Now()
	if err := write(ctx); err != nil {
		return err
	}

	if err := read(ctx, out, state.Mode, start); err != nil {
		fmt.Fprintln(out, "can't be read back:", err)
	}

	// What an operator wants to see of all services, from now on.
	xml, err := eventx.CustomView("Health of the example's services", eventx.Filter{
		Sources: []string{source.Name},
		IDs:     []uint16{eventx.IDDegraded, eventx.IDUnhealthy, eventx.IDCrashed, eventx.IDFlapping, invoiceFailed},
	})
	if err != nil {
		return err
	}
	if err := os.WriteFile(view, xml, 0o644); err != nil {
		return err
	}
	fmt.Fprintln(out, "Event Viewer, Action, Import Custom View:", view)
	return nil
}

// write is what services do.
func write(ctx context.Context) error {
	h, err := eventx.NewHandler(source.Name, nil)
	if err != nil {
		return err
	}
	orders := slog.New(h).With(eventx.Category(1))
	payment := slog.New(h).With(eventx.Category(2))
	ordersHealth, paymentHealth := eventx.NewHealth(orders, "orders"), eventx.NewHealth(payment, "payment")

	paymentHealth.Set(ctx, eventx.Starting, "")
	ordersHealth.Set(ctx, eventx.Starting, "")
	paymentHealth.Set(ctx, eventx.Healthy, "connected to the bank")
	ordersHealth.Set(ctx, eventx.Healthy, "connected to payment")
	payment.Error("invoice not sent", eventx.ID(invoiceFailed), "invoice", 4711, "err", errors.New("dial fe80::1%12: i/o timeout"))
	paymentHealth.Set(ctx, eventx.Unhealthy, "the bank does not answer")
	ordersHealth.Set(ctx, eventx.Degraded, "orders wait for payment")
	paymentHealth.Set(ctx, eventx.Healthy, "the bank is back")
	ordersHealth.Set(ctx, eventx.Healthy, "payment is back")
	ordersHealth.Set(ctx, eventx.Stopping, "asked to")
	ordersHealth.Set(ctx, eventx.Stopped, "")

	if err := h.Shutdown(ctx); err != nil {
		return err
	}
	if s := h.Stats(); s.Dropped > 0 {
		return fmt.Errorf("events were lost: %+v", s)
	}
	return nil
}

// read prints what the log has of this run. A log shows an event a little after it was written, so
// it follows the log until the last one is there.
func read(ctx context.Context, out io.Writer, mode eventx.Mode, start time.Time) error {
	if mode == eventx.Syslog || mode == eventx.Stderr {
		return fmt.Errorf("%s: %w", mode, errors.ErrUnsupported)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	filter := eventx.Filter{Sources: []string{source.Name}, Since: start.Add(-time.Second), Follow: true}
	for event, err := range eventx.Query(ctx, filter) {
		if err != nil {
			return err
		}
		fmt.Fprintln(out, event)
		if event.ID == eventx.IDStopped {
			break
		}
	}
	return nil
}
