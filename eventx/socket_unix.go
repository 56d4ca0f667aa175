//go:build unix && !darwin

package eventx

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// sendTimeout is how long a log daemon may leave its socket full before it counts as hung.
const sendTimeout = 250 * time.Millisecond

// socket is a connection to a log daemon. It is a system's socket and not a net.Conn, because package
// net would double the size of a program that only logs.
type socket struct {
	fd   int
	path string
}

// dial connects to a socket of kind unix.SOCK_DGRAM or unix.SOCK_STREAM.
func dial(path string, kind int) (*socket, error) {
	fail := func(op string, err error) (*socket, error) { return nil, &os.PathError{Op: op, Path: path, Err: err} }
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
	return &socket{fd, path}, nil
}

// send sends data and the control message oob. A daemon that does not read for sendTimeout is
// os.ErrDeadlineExceeded.
func (s *socket) send(data, oob []byte) error {
	for start := time.Now(); ; {
		n, err := unix.SendmsgN(s.fd, data, oob, nil, 0)
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
			return &os.PathError{Op: "send", Path: s.path, Err: err}
		}
	}
}

func (s *socket) close() error { return unix.Close(s.fd) }
