//go:build !linux

package process

import (
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"github.com/surefoot-go/surefoot/svcx/internal/supervisor"
)

// A *notifier is always nil here: only Linux has systemd.
type notifier struct{}

func newNotifier(spec.Manager) *notifier { return nil }

func (*notifier) report(supervisor.Status) error { return nil }

func (*notifier) watchdog() func() { return nil }
