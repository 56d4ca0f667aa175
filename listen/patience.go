package listen

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// The pauses between tries of a port in use grow from the first to the second of these.
const (
	patienceMin = 10 * time.Millisecond
	patienceMax = 250 * time.Millisecond
)

// bindPatiently calls bind repeatedly while the port is in use and c.Patience lasts.
func (c Config) bindPatiently(ctx context.Context, ends []endpoint) binding {
	end := time.Now().Add(c.Patience)
	reserved := sync.OnceValue(func() []PortRange { // netsh is slow
		ranges, _ := reservedPorts(ctx, ends[0].proto)
		return ranges
	})
	var last binding // closed
	for pause := patienceMin; ; pause = min(2*pause, patienceMax) {
		b := c.bind(ctx, ends)
		if b.err != nil && ctx.Err() != nil && last.err != nil {
			last.ended = ctx.Err()
			b.close()
			return last
		}
		left := time.Until(end)
		if b.err == nil || left <= 0 || !mayPass(runtime.GOOS, b, reserved) {
			return b
		}
		b.close()
		last = b
		select {
		case <-ctx.Done():
			last.ended = ctx.Err()
			return last
		case <-time.After(min(pause, left)):
		}
	}
}

// mayPass reports whether b's failure may be temporary. Windows returns the same error for a port
// that another socket has exclusively and for one in a reserved range; only the latter is
// permanent.
func mayPass(goos string, b binding, reserved func() []PortRange) bool {
	port := int(b.failed.addr.Port())
	switch causeOf(b.err) {
	case inUse:
		return port != 0
	case forbidden:
		return port != 0 && goos == "windows" && reservedFor(reserved(), port) == nil
	}
	return false
}
