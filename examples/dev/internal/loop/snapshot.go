package loop

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

// A snapshot is the content of a directory.
type snapshot map[string]entry

type entry struct {
	dir  bool
	size int64
	time time.Time
	info fs.FileInfo // for the file's identity
}

func look(dir string) (snapshot, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	s := snapshot{}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue // it has gone since
		}
		s[e.Name()] = entry{info.IsDir(), info.Size(), info.ModTime(), info}
	}
	return s, nil
}

// changes are the events that lead from s to now.
func (s snapshot) changes(now snapshot, dir string) (events []fsnotify.Event) {
	tell := func(name string, op fsnotify.Op) {
		events = append(events, fsnotify.Event{Name: filepath.Join(dir, name), Op: op})
	}
	for name, e := range now {
		before, ok := s[name]
		switch {
		case !ok, e.dir != before.dir, !os.SameFile(e.info, before.info):
			tell(name, fsnotify.Create)
		case !e.dir && (e.size != before.size || !e.time.Equal(before.time)):
			tell(name, fsnotify.Write)
		}
	}
	for name := range s {
		if _, ok := now[name]; !ok {
			tell(name, fsnotify.Remove)
		}
	}
	return events
}

// limitHint says which system limit an error of the watcher is about, and how to raise it, or
// returns "".
func limitHint(err error) string { return limitHintOn(runtime.GOOS, err) }

func limitHintOn(goos string, err error) string {
	full, many := errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
	switch {
	case goos == "linux" && full:
		return "this user's watches are used up (raise them by: sudo sysctl fs.inotify.max_user_watches=524288)"
	case goos == "linux" && many:
		return "this user's inotify instances, or the open files, are used up (raise the first by: sudo sysctl fs.inotify.max_user_instances=1024)"
	case goos != "windows" && many: // kqueue holds each file open
		return "the open files are used up (raise their number by: ulimit -n 10240)"
	}
	return ""
}

// remoteKinds are file systems whose files others change, of which inotify does not tell, by their
// magic numbers (statfs(2), linux/magic.h).
var remoteKinds = map[uint32]string{
	0x01021997: "9p", // also Windows' drives in WSL 2
	0x53464846: "drvfs (WSL 1)",
	0x6969:     "NFS",
	0x517b:     "SMB",
	0xff534d42: "SMB", // CIFS
	0xfe534d42: "SMB", // SMB 2 and later
	0x786f4256: "vboxsf",
	0xbacbacbc: "vmhgfs",
	0x7c7c6673: "prl_fs",
}
