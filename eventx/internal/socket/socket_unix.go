//go:build unix && !darwin

package socket

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func dial(path string, stream bool) (*Socket, error) {
	kind := unix.SOCK_DGRAM
	if stream {
		kind = unix.SOCK_STREAM
	}
	fail := func(op string, err error) (*Socket, error) { return nil, &os.PathError{Op: op, Path: path, Err: err} }
	syscall.ForkLock.RLock() // not every system can atomically create a close-on-exec socket
	fd, err := unix.Socket(unix.AF_UNIX, kind, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return fail("socket", err)
	}
	timeout := unix.NsecToTimeval(SendTimeout.Nanoseconds())
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

// Send sends data and the control message oob. It returns os.ErrDeadlineExceeded if the daemon does
// not read for SendTimeout.
func (s *Socket) Send(data, oob []byte) error {
	for start := time.Now(); ; {
		n, err := unix.SendmsgN(s.FD, data, oob, nil, 0)
		switch {
		case err == nil && n >= len(data):
			return nil
		case err == nil:
			data, oob = data[n:], nil // of a stream
		case errors.Is(err, unix.EINTR) && time.Since(start) < SendTimeout:
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
			return os.ErrDeadlineExceeded
		case errors.Is(err, unix.ENOBUFS) && time.Since(start) < SendTimeout: // on a BSD this means that the daemon's buffer is full
			time.Sleep(time.Millisecond)
		default:
			return &os.PathError{Op: "send", Path: s.Path, Err: err}
		}
	}
}

func (s *Socket) Close() error { return unix.Close(s.FD) }
