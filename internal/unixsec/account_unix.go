//go:build unix

package unixsec

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// IDs returns the numbers that id(1) prints with a flag: one for -u and -g, and all groups, the
// primary one first, for -G. id(1) knows all sources of accounts (nsswitch.conf, Open Directory);
// with package os/user, every importing program would link cgo. account must not look like an
// option.
func IDs(flag, account string) (ids []uint32, err error) {
	out, err := exec.Command("id", flag, account).Output()
	if err != nil {
		return nil, err
	}
	for _, text := range strings.Fields(string(out)) {
		id, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return nil, err
		}
		ids = append(ids, uint32(id))
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("id %s printed %q", flag, out)
	}
	return ids, nil
}
