package atomicfile

import (
	"hash/fnv"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sys/windows"
)

// queues make the writers of this process that replace the same file wait for each other instead of
// failing.
var queues [64]sync.Mutex

func queueOf(path string) *sync.Mutex {
	h := fnv.New32a()
	io.WriteString(h, strings.ToLower(path))
	return &queues[h.Sum32()%uint32(len(queues))]
}

// lockFile locks a byte of f that no file has, until f is closed, without waiting.
func lockFile(f *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{OffsetHigh: 1 << 30})
	runtime.KeepAlive(f)
	if err == windows.ERROR_LOCK_VIOLATION || err == windows.ERROR_IO_PENDING {
		return errLocked
	}
	return err
}
