//go:build !linux

package svcx

import "github.com/surefoot-go/surefoot/svcx/internal/scm"

// notifier is always nil: only Linux has systemd.
type notifier struct{}

func newNotifier(Manager) *notifier { return nil }

func (*notifier) report(scm.Status) error { return nil }

func (*notifier) watchdog() func() { return nil }
