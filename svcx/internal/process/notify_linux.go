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
	feed   time.Duration // how often systemd wants a sign of life at most; 0: never

	last supervisor.Status
	fed  time.Time // when a sign of life was sent last, or will be
}

// newNotifier returns the notifier of this process. Whether the listener has started the process
// itself is another question: there may be a shell between.
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
			return err // the next report says it again
		}
	}
	n.last = now
	return nil
}

// notifyWait is how long a notification waits for room in systemd's socket.
const notifyWait = time.Second

// watchdog returns the function that feeds systemd's watchdog, nil if there is none.
func (n *notifier) watchdog() func() {
	if n == nil || n.feed == 0 {
		return nil
	}
	send := func() { sendNotification(n.socket, "WATCHDOG=1", time.Microsecond) } // a lost one is followed by the next
	return func() {
		switch now := time.Now(); {
		case now.Sub(n.fed) >= n.feed:
			n.fed = now
			send()
		case !now.Before(n.fed):
			// Later, but not with the next one only: that may come just in time after this one, and
			// too late after the last one that was sent.
			n.fed = n.fed.Add(n.feed)
			time.AfterFunc(n.fed.Sub(now), send)
		}
	}
}

// sendNotification sends message to a socket by path, or by abstract name ("@…"), without package
// net and what that costs at the start. A systemd that hangs does not read: the service must end
// all the same when it is told to.
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
