//go:build !windows

package eventlog

import (
	"context"
	"errors"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/eventx/internal/reading"
)

// nothingToInstall is the error of a system without a registry of sources.
type nothingToInstall struct{}

func (nothingToInstall) Error() string {
	return "eventx: the logs of this system accept any source, there is nothing to install"
}

func (nothingToInstall) Unwrap() error { return errors.ErrUnsupported }

var errNothingToInstall error = nothingToInstall{}

func messageDir() string { return "" }

func open(string) (queue.Sink, error) { return nil, errors.ErrUnsupported }

func query(context.Context, reading.Filter, func(reading.Record) bool) error {
	return errors.ErrUnsupported
}

func install(Spec) (bool, error) { return false, errNothingToInstall }

func uninstall(string) error { return errNothingToInstall }

func lookUp(string) (Registration, Found, error) {
	return Registration{}, Found{}, errNothingToInstall
}
