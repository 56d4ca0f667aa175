package tcptable

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// rows reads the tables of this thread's network namespace.
func rows(_ context.Context, network string, _ uint16) ([]Row, error) {
	var rows []Row
	for _, name := range []string{network, network + "6"} {
		text, err := os.ReadFile("/proc/thread-self/net/" + name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // a kernel without IPv6 has no tcp6
			return nil, err
		}
		rows = append(rows, parseProcNet(text, binary.NativeEndian)...)
	}
	return rows, nil
}

func listeners(context.Context, string, bool, uint16) ([]Row, error) {
	return nil, errors.ErrUnsupported // bind rejects every overlap here
}

// identify searches the descriptors of all processes for the sockets.
func identify(ctx context.Context, rows []Row) []Row {
	byInode := make(map[string]Row, len(rows))
	for _, r := range rows {
		byInode["socket:["+strconv.FormatUint(r.inode, 10)+"]"] = r
	}
	seen := make(map[string]bool, len(rows))
	var found []Row
	procs, _ := os.ReadDir("/proc")
	for _, proc := range procs {
		pid, err := strconv.Atoi(proc.Name())
		if err != nil {
			continue
		}
		if ctx.Err() != nil {
			break
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
				r.PID, r.Name = pid, strings.TrimSuffix(string(comm), "\n")
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
