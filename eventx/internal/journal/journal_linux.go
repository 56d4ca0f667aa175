package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/eventx/internal/socket"
)

// journal is a connection to journald.
type journal struct {
	*socket.Socket
	source string
	ids    map[uint16]string // message IDs
	buf    []byte            // scratch
}

func open(path, source string) (queue.Sink, error) {
	s, err := dialJournal(path)
	if err != nil {
		return nil, err
	}
	return &journal{Socket: s, source: source, ids: make(map[uint16]string)}, nil
}

// dialJournal connects to the journald of the service's LogNamespace=, whose name systemd puts in
// LOG_NAMESPACE, or to the system's. systemd mounts the former over the latter, but not for
// processes outside of the service's mount namespace.
func dialJournal(path string) (*socket.Socket, error) {
	if name := os.Getenv("LOG_NAMESPACE"); name != "" && !strings.ContainsRune(name, '/') {
		dir, file := filepath.Split(path)
		if s, err := socket.Dial(filepath.Clean(dir)+"."+name+"/"+file, false); err == nil {
			return s, nil
		}
	}
	return socket.Dial(path, false)
}

func (j *journal) Write(e *queue.Entry) (cut bool, err error) {
	j.buf = appendJournal(queue.Scratch(j.buf), e, j.source, j.messageID)
	err = j.Send(j.buf, nil)
	if errors.Is(err, unix.EMSGSIZE) || errors.Is(err, unix.ENOBUFS) {
		return false, j.sendFile()
	}
	return false, j.lost(err)
}

func (j *journal) lost(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		return queue.Lost(fmt.Errorf("journald does not read its socket: see systemctl status systemd-journald: %w", err))
	}
	return queue.Lost(err)
}

// memfdCreate is swapped by tests.
var memfdCreate = unix.MemfdCreate

// sendFile sends an event that is too large for a datagram in a sealed memory file, as the native
// protocol requires. If such a file can't be created, only this event is missing in the journal.
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
	return j.lost(j.Send(nil, unix.UnixRights(fd)))
}

func (j *journal) messageID(id uint16) string {
	s, ok := j.ids[id]
	if !ok {
		s = MessageID(j.source, id)
		j.ids[id] = s
	}
	return s
}

// Where tells Status where events go.
func (j *journal) Where() (journald bool, path string) { return true, j.Path }
