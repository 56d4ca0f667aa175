//go:build !windows

package eventx

import (
	"errors"
	"fmt"
)

var errNothingToInstall = fmt.Errorf("eventx: the logs of this system take any source, there is nothing to install: %w", errors.ErrUnsupported)

func install(Source, messageFiles) (bool, error) { return false, errNothingToInstall }

func uninstall(string) error { return errNothingToInstall }

func status(name string) (State, error) {
	s, err := openSystemSink(name)
	if err != nil {
		return State{Mode: Stderr, Note: err.Error()}, nil
	}
	defer s.close()
	return s.(interface{ state() State }).state(), nil
}
