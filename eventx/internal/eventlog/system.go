package eventlog

import (
	"context"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/eventx/internal/reading"
)

// Variables for the tests' sake.
var (
	// RegistryKey holds a key for each log, and that one for each of its sources.
	RegistryKey = `SYSTEM\CurrentControlSet\Services\EventLog`

	// MessageDir returns where message files are put.
	MessageDir = messageDir
)

// Open opens the Windows Event Log for a source. Like the other functions here it fails with an
// error that wraps errors.ErrUnsupported where there is none.
func Open(source string) (queue.Sink, error) { return open(source) }

// Query yields the events that f selects until yield returns false.
func Query(ctx context.Context, f reading.Filter, yield func(reading.Record) bool) error {
	return query(ctx, f, yield)
}

// Install registers a source, and reports whether that changed anything.
func Install(s Spec) (changed bool, err error) { return install(s) }

// Uninstall takes back what Install did.
func Uninstall(name string) error { return uninstall(name) }

// LookUp returns what the registry has about a source, and what that amounts to. A source that is
// not registered is fs.ErrNotExist.
func LookUp(name string) (Registration, Found, error) { return lookUp(name) }
