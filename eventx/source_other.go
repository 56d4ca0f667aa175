//go:build !windows

package eventx

import (
	"errors"
	"fmt"
	"runtime"
)

func install(s Source, _ messageFiles) (bool, error) {
	return false, fmt.Errorf("eventx: source %q: logs of %s take any source, nothing is installed: %w", s.Name, runtime.GOOS, errors.ErrUnsupported)
}

func uninstall(name string) error {
	return fmt.Errorf("eventx: source %q: logs of %s take any source, nothing is installed: %w", name, runtime.GOOS, errors.ErrUnsupported)
}

func status(name string) (State, error) {
	s, err := openSystemSink(name)
	if err != nil {
		return State{Mode: Stderr, Note: err.Error()}, nil
	}
	defer s.close()
	return s.(interface{ state() State }).state(), nil
}
