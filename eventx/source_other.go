//go:build !windows

package eventx

import (
	"errors"
)

var errNothingToInstall error = nothingToInstall{}

type nothingToInstall struct{}

func (nothingToInstall) Error() string {
	return "eventx: the logs of this system take any source, there is nothing to install: " + errors.ErrUnsupported.Error()
}
func (nothingToInstall) Unwrap() error { return errors.ErrUnsupported }

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
