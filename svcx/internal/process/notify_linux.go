package process

import (
	"os"
	"syscall"
	"time"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"github.com/surefoot-go/surefoot/svcx/internal/supervisor"
	"golang.org/x/sys/unix"
)

// A notifier sends sd_notify messages to whatever listens on NOTIFY_SOCKET: systemd, podman,
// OpenRC. A nil *notifier discards them.
type notifier struct {
	under  spec.Manager
	socket string
	feed   time.Duration // minimum interval between WATCHDOG messages; 0 if there is no watchdog

	last supervisor.Status
	fed  time.Time // when the last WATCHDOG message was sent, or the next one will be
}

// newNotifier returns the notifier of this process, or nil if NOTIFY_SOCKET is not set. The
// listener need not be the parent process: there may be a shell in between.
func newNotifier(under spec.Manager) *notifier {
	socket, feed := systemdVariables(os.Getenv, os.Getpid())
	if socket == "" {
		return nil
	}
	return &notifier{under: under, socket: socket, feed: feed}
}

func (n *notifier) report(now supervisor.Status) error {
	if n == nil {
		return nil
	}
	if message := notification(n.under, n.last, now, monotonic); message != "" {
		if err := sendNotification(n.socket, message, notifyWait); err != nil {
			return err // the next report sends it again
		}
	}
	n.last = now
	return nil
}

// notifyWait is the time limit for sending a notification when the buffer of systemd's socket is
// full.
const notifyWait = time.Second

// watchdog returns the function that feeds systemd's watchdog, or nil if there is no watchdog.
func (n *notifier) watchdog() func() {
	if n == nil || n.feed == 0 {
		return nil
	}
	send := func() { sendNotification(n.socket, "WATCHDOG=1", time.Microsecond) } // if one is lost, the next follows
	return func() {
		switch now := time.Now(); {
		case now.Sub(n.fed) >= n.feed:
			n.fed = now
			send()
		case !now.Before(n.fed):
			// Send it later rather than skip it: the next call may be in time after this one, but
			// too late after the last message that was sent.
			n.fed = n.fed.Add(n.feed)
			time.AfterFunc(n.fed.Sub(now), send)
		}
	}
}

// sendNotification sends message to a socket by path, or by abstract name ("@…"). It avoids package
// net, which would make start-up slower. wait limits the time to send, so that a service can stop
// even if systemd is hung and does not read.
func sendNotification(socket, message string, wait time.Duration) error {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return spec.Errorf("a socket for systemd: %w", err)
	}
	defer syscall.Close(fd)
	limit := syscall.NsecToTimeval(wait.Nanoseconds())
	if err := syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_SNDTIMEO, &limit); err != nil {
		return err
	}
	for {
		err = syscall.Sendto(fd, []byte(message), syscall.MSG_NOSIGNAL, &syscall.SockaddrUnix{Name: socket})
		switch err {
		case nil:
			return nil
		case syscall.EINTR:
		case syscall.EAGAIN:
			return spec.Errorf("systemd does not read its socket %s: does process 1 hang (systemctl status)?: %w", socket, err)
		default:
			return spec.Errorf("systemd's socket %s: %w", socket, err)
		}
	}
}

// monotonic returns CLOCK_MONOTONIC in microseconds.
func monotonic() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return 0
	}
	return ts.Nano() / 1000
}
