package eventx

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// journalSocket is a variable for the tests' sake.
var journalSocket = "/run/systemd/journal/socket"

// openSystemSink takes journald and, where there is none, /dev/log.
func openSystemSink(source string) (sink, error) {
	s, err := openJournal(source)
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.ECONNREFUSED) { // no socket, or nobody behind it
		return s, err
	}
	if s, err = openSyslog(source); err != nil {
		return nil, fmt.Errorf("no journald, %w", err)
	}
	return s, nil
}

type journal struct {
	conn   *net.UnixConn
	source string
	ids    map[uint16]string // message IDs
	buf    []byte            // scratch
}

func openJournal(source string) (sink, error) {
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: journalSocket, Net: "unixgram"})
	if err != nil {
		return nil, err
	}
	return &journal{conn: conn, source: source, ids: make(map[uint16]string)}, nil
}

func (j *journal) write(e *entry) (cut bool, err error) {
	j.buf = appendJournal(scratch(j.buf), e, j.source, j.messageID)
	if err := j.conn.SetWriteDeadline(time.Now().Add(sendTimeout)); err != nil {
		return false, lost(err)
	}
	_, err = j.conn.Write(j.buf)
	switch {
	case errors.Is(err, unix.EMSGSIZE), errors.Is(err, unix.ENOBUFS):
		return false, j.sendFile()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return false, lost(fmt.Errorf("journald does not read what it is sent: see systemctl status systemd-journald: %w", err))
	case err != nil:
		return false, lost(err)
	}
	return false, nil
}

// memfdCreate is a variable for the tests' sake.
var memfdCreate = unix.MemfdCreate

// sendFile sends what is too large for a datagram as a sealed memory file, as
// the native protocol wants it. Where no such file can be had, only this event
// is lost to the journal.
func (j *journal) sendFile() error {
	fd, err := memfdCreate("eventx", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return fmt.Errorf("memfd_create: %w", err)
	}
	f := os.NewFile(uintptr(fd), "eventx")
	defer f.Close()
	if _, err := f.Write(j.buf); err != nil {
		return err
	}
	const seals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE | unix.F_SEAL_SEAL
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		return fmt.Errorf("sealing: %w", err)
	}
	raw, err := j.conn.SyscallConn() // net has no WriteMsgUnix for a connected socket
	if err != nil {
		return err
	}
	var sendErr error
	err = raw.Write(func(sock uintptr) (done bool) {
		sendErr = unix.Sendmsg(int(sock), nil, unix.UnixRights(fd), nil, 0)
		return sendErr != unix.EAGAIN
	})
	if err = cmp.Or(err, sendErr); err != nil {
		return lost(err)
	}
	return nil
}

func (j *journal) messageID(id uint16) string {
	s, ok := j.ids[id]
	if !ok {
		s = messageID(j.source, id)
		j.ids[id] = s
	}
	return s
}

func (j *journal) state() State { return State{Mode: Journald, Log: journalSocket} }

func (j *journal) close() error { return j.conn.Close() }
