package svcx

import (
	"os"
	"syscall"
	"time"

	"github.com/surefoot-go/surefoot/svcx/internal/scm"
	"golang.org/x/sys/unix"
)

// notifier tells systemd what it wants to know. A nil one tells nobody.
type notifier struct {
	socket string
	feed   time.Duration // how often systemd wants a sign of life at most; 0: never

	last scm.Status
	fed  time.Time // when a sign of life was sent last, or will be
}

func newNotifier(under Manager) *notifier {
	socket, feed := systemdVariables(os.Getenv, os.Getpid())
	if under != Systemd || socket == "" {
		return nil
	}
	return &notifier{socket: socket, feed: feed}
}

func (n *notifier) report(now scm.Status) error {
	if n == nil {
		return nil
	}
	message := notification(n.last, now, monotonic)
	n.last = now
	if message == "" {
		return nil
	}
	return sendNotification(n.socket, message)
}

// watchdog returns the function that feeds systemd's watchdog, nil if there is
// none.
func (n *notifier) watchdog() func() {
	if n == nil || n.feed == 0 {
		return nil
	}
	send := func() { sendNotification(n.socket, "WATCHDOG=1") } // a lost one is followed by the next
	return func() {
		switch now := time.Now(); {
		case now.Sub(n.fed) >= n.feed:
			n.fed = now
			send()
		case !now.Before(n.fed):
			// Later, but not with the next one only: that may come just in time
			// after this one, and too late after the last one that was sent.
			n.fed = n.fed.Add(n.feed)
			time.AfterFunc(n.fed.Sub(now), send)
		}
	}
}

// sendNotification sends message to a socket by path, or by abstract name
// ("@…"), without package net and what that costs at the start.
func sendNotification(socket, message string) error {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	return syscall.Sendto(fd, []byte(message), syscall.MSG_NOSIGNAL, &syscall.SockaddrUnix{Name: socket})
}

// monotonic returns CLOCK_MONOTONIC in microseconds.
func monotonic() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return 0
	}
	return ts.Nano() / 1000
}
