package eventlog

import (
	"context"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/eventx/internal/reading"
)

// Variables, to be swapped by tests.
var (
	// RegistryKey contains a key for each log, which contains a key for each of its sources.
	RegistryKey = `SYSTEM\CurrentControlSet\Services\EventLog`

	// MessageDir returns the folder for message files.
	MessageDir = messageDir
)

// Open opens the Windows Event Log for a source. Like the other functions here it returns an error
// that wraps errors.ErrUnsupported on other systems.
func Open(source string) (queue.Sink, error) { return open(source) }

// Query yields the events that f selects until yield returns false.
func Query(ctx context.Context, f reading.Filter, yield func(reading.Record) bool) error {
	return query(ctx, f, yield)
}

// Install registers a source, and reports whether that changed anything.
func Install(s Spec) (changed bool, err error) { return install(s) }

// Uninstall undoes Install.
func Uninstall(name string) error { return uninstall(name) }

// LookUp returns the registration of a source and its evaluation, or fs.ErrNotExist if the source
// is not registered.
func LookUp(name string) (Registration, Found, error) { return lookUp(name) }
