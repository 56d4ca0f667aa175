//go:build unix && !darwin

// Package socket connects to the sockets of local log daemons.
package socket

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// sendTimeout is how long a log daemon may leave its socket full before it counts as hung.
const sendTimeout = 250 * time.Millisecond

// Socket is a connection to a log daemon. It is a system's socket and not a net.Conn, because package
// net would double the size of a program that only logs.
type Socket struct {
	Fd   int
	Path string
}

// Dial connects to a socket of kind unix.SOCK_DGRAM or unix.SOCK_STREAM.
func Dial(path string, kind int) (*Socket, error) {
	fail := func(op string, err error) (*Socket, error) { return nil, &os.PathError{Op: op, Path: path, Err: err} }
	syscall.ForkLock.RLock() // not every system can make a socket that children don't get
	fd, err := unix.Socket(unix.AF_UNIX, kind, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return fail("socket", err)
	}
	timeout := unix.NsecToTimeval(sendTimeout.Nanoseconds())
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &timeout); err != nil {
		unix.Close(fd)
		return fail("setsockopt", err)
	}
	for {
		err = unix.Connect(fd, &unix.SockaddrUnix{Name: path})
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err != nil {
		unix.Close(fd)
		return fail("connect", err)
	}
	return &Socket{fd, path}, nil
}

// Send sends data and the control message oob. A daemon that does not read for sendTimeout is
// os.ErrDeadlineExceeded.
func (s *Socket) Send(data, oob []byte) error {
	for start := time.Now(); ; {
		n, err := unix.SendmsgN(s.Fd, data, oob, nil, 0)
		switch {
		case err == nil && n >= len(data):
			return nil
		case err == nil:
			data, oob = data[n:], nil // of a stream
		case errors.Is(err, unix.EINTR) && time.Since(start) < sendTimeout:
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
			return os.ErrDeadlineExceeded
		case errors.Is(err, unix.ENOBUFS) && time.Since(start) < sendTimeout: // so a BSD says that the daemon's buffer is full
			time.Sleep(time.Millisecond)
		default:
			return &os.PathError{Op: "send", Path: s.Path, Err: err}
		}
	}
}

func (s *Socket) Close() error { return unix.Close(s.Fd) }
