//go:build unix

package svcx

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

func under() Manager {
	return underProcess(runtime.GOOS, os.Getenv, os.Getpid(), os.Getppid())
}

func (s *Service) runHere(ctx context.Context) error { return s.runProcess(ctx, Under()) }

func notifyReload(c chan<- os.Signal) { signal.Notify(c, syscall.SIGHUP) }

func isReload(sig os.Signal) bool { return sig == syscall.SIGHUP }

// spareLogDir is for Windows: elsewhere standard error leads somewhere.
func spareLogDir(name string) (string, error) { return within(os.TempDir(), name), nil }
