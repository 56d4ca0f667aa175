package child

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// cgroup is a cgroup v2 that contains one tree and nothing else. The files needed to kill it are
// open from the start, so that a process that has run out of descriptors can still end its
// children.
type cgroup struct {
	path   string
	dir    *os.File // locked
	killer *os.File // cgroup.kill
	events *os.File // cgroup.events
}

var cgroupSeq atomic.Uint64

// newCgroup creates a cgroup below this process's own, and makes sure that a process can be started
// in it and that all processes in it can be killed.
func newCgroup() (*cgroup, error) {
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, err
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	parent, err := cgroupDir(string(own), string(mounts))
	if err != nil {
		return nil, err
	}
	sweep(parent)
	for range 5 {
		var c *cgroup
		c, err = makeCgroup(parent)
		// Either an earlier process with this PID has left a cgroup that is dying, or another
		// process's sweep took this one, because locking it took a second.
		taken := errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENODEV) || errors.Is(err, unix.EWOULDBLOCK) || errors.Is(err, unix.EEXIST)
		if !taken {
			return c, err
		}
	}
	return nil, err
}

func makeCgroup(parent string) (*cgroup, error) {
	path := filepath.Join(parent, fmt.Sprintf(cgroupPrefix+"%d-%d", os.Getpid(), cgroupSeq.Add(1)))
	if err := os.Mkdir(path, 0o755); err != nil {
		return nil, err
	}
	c, err := takeCgroup(path)
	if err != nil {
		os.Remove(path)
		return nil, err
	}
	if err := probeCgroup(c.dir); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// making is the time that the owner of a new cgroup has to lock it. Swapped by tests that sweep at
// once.
var making = time.Second

// sweep kills and removes the trees of processes that were killed or crashed and so could not do it
// themselves.
func sweep(parent string) {
	paths, _ := filepath.Glob(filepath.Join(parent, cgroupPrefix+"*-*"))
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || time.Since(info.ModTime()) < making {
			continue
		}
		if c, err := takeCgroup(path); err == nil { // its owner is gone
			c.kill()
			c.close() // fails while the killed processes are dying; then done next time
		}
	}
}

// takeCgroup opens a cgroup and locks it until this process ends.
func takeCgroup(path string) (*cgroup, error) {
	dir, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	c := &cgroup{path: path, dir: dir}
	if err = unix.Flock(int(dir.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		err = fmt.Errorf("locking %s: %w", path, err)
	} else if c.killer, err = os.OpenFile(filepath.Join(path, "cgroup.kill"), os.O_WRONLY, 0); err == nil {
		c.events, err = os.Open(filepath.Join(path, "cgroup.events"))
	}
	if err != nil {
		c.release()
		return nil, err
	}
	return c, nil
}

// probeCgroup returns an error if clone3 can't start a process in the cgroup, because of a seccomp
// filter, an old kernel or the permissions of the common ancestor. It is needed because an exec.Cmd
// can't be started a second time. It tries to run a program that can't exist: the corresponding
// error means that the clone worked.
func probeCgroup(dir *os.File) error {
	_, err := os.StartProcess("/dev/null/probe", []string{"probe"}, &os.ProcAttr{
		Sys: &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(dir.Fd())},
	})
	if errors.Is(err, unix.ENOTDIR) {
		return nil
	}
	return fmt.Errorf("starting a process in %s: %w", dir.Name(), err)
}

// signal signals each process in the cgroup. It signals a process only if it is still listed after
// it was opened: then the handle can't belong to an unrelated process.
func (c *cgroup) signal(sig unix.Signal) error {
	pids, err := c.procs()
	if err != nil {
		return err
	}
	fds := map[int]int{}
	defer func() {
		for _, fd := range fds {
			unix.Close(fd)
		}
	}()
	for _, pid := range pids {
		if fd, err := unix.PidfdOpen(pid, 0); err == nil {
			fds[pid] = fd
		}
	}
	if pids, err = c.procs(); err != nil {
		return err
	}
	for _, pid := range pids {
		if fd, ok := fds[pid]; ok {
			if e := unix.PidfdSendSignal(fd, sig, nil, 0); e != nil && e != unix.ESRCH {
				err = errors.Join(err, fmt.Errorf("process %d: %w", pid, e))
			}
		}
	}
	return err
}

func (c *cgroup) procs() ([]int, error) {
	data, err := os.ReadFile(filepath.Join(c.path, "cgroup.procs"))
	var pids []int
	for line := range strings.FieldsSeq(string(data)) {
		if pid, err := strconv.Atoi(line); err == nil && pid > 0 { // 0: in another PID namespace
			pids = append(pids, pid)
		}
	}
	return pids, err
}

func (c *cgroup) kill() error {
	_, err := c.killer.WriteString("1")
	return err
}

// populated reports whether a live process, not only a zombie, is in the cgroup.
func (c *cgroup) populated() bool {
	data := make([]byte, 256) // two short lines
	n, err := c.events.ReadAt(data, 0)
	return (err == nil || err == io.EOF) && bytes.Contains(data[:n], []byte("populated 1"))
}

// close removes the cgroup and those that the tree has created inside it.
func (c *cgroup) close() {
	c.release()
	var dirs []string
	filepath.WalkDir(c.path, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			dirs = append(dirs, path)
		}
		return nil
	})
	for i := len(dirs) - 1; i >= 0; i-- {
		os.Remove(dirs[i])
	}
}

// release closes the files that takeCgroup opened.
func (c *cgroup) release() {
	c.dir.Close()
	c.killer.Close()
	c.events.Close()
}
