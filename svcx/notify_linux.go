package svcx

import (
	"syscall"

	"golang.org/x/sys/unix"
)

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
