package listen

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// tcpRows reads the tables of the network namespace that this thread is in.
func tcpRows(context.Context, uint16) ([]row, error) {
	var rows []row
	for _, name := range []string{"tcp", "tcp6"} {
		text, err := os.ReadFile("/proc/thread-self/net/" + name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // a kernel without IPv6 has no tcp6
			return nil, err
		}
		rows = append(rows, parseProcNet(text, binary.NativeEndian)...)
	}
	return rows, nil
}

// identify looks for the sockets among the descriptors of all processes: there
// can be none, and, after a fork, several that have one.
func identify(ctx context.Context, rows []row) []row {
	byInode := make(map[string]row, len(rows))
	for _, r := range rows {
		byInode["socket:["+strconv.FormatUint(r.inode, 10)+"]"] = r
	}
	seen := make(map[string]bool, len(rows))
	var found []row
	procs, _ := os.ReadDir("/proc")
	for _, proc := range procs {
		pid, err := strconv.Atoi(proc.Name())
		if err != nil {
			continue
		}
		if ctx.Err() != nil {
			return nil
		}
		dir := "/proc/" + proc.Name()
		fds, _ := os.ReadDir(dir + "/fd") // another account's, or gone
		for _, fd := range fds {
			link, err := os.Readlink(dir + "/fd/" + fd.Name())
			if err != nil {
				continue
			}
			if r, ok := byInode[link]; ok {
				seen[link] = true
				comm, _ := os.ReadFile(dir + "/comm")
				r.pid, r.name = pid, strings.TrimSuffix(string(comm), "\n")
				found = append(found, r)
			}
		}
	}
	for link, r := range byInode {
		if !seen[link] {
			found = append(found, r)
		}
	}
	return found
}

// firstOpenPort returns the lowest port that needs no privilege (ip-sysctl.rst).
func firstOpenPort() int {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	if err != nil {
		return 1024 // the sysctl is of Linux 4.11
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return n
}
