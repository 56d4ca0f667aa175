//go:build !windows

package eventlog

import "errors"

// nothingToInstall is the answer of a system that has no registry of sources.
type nothingToInstall struct{}

func (nothingToInstall) Error() string {
	return "eventx: the logs of this system take any source, there is nothing to install"
}

func (nothingToInstall) Unwrap() error { return errors.ErrUnsupported }

var errNothingToInstall error = nothingToInstall{}

func Install(Spec) (bool, error) { return false, errNothingToInstall }

func Uninstall(string) error { return errNothingToInstall }
