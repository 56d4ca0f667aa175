package pathx

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCheckMode(t *testing.T) {
	for _, tt := range []struct {
		name  string
		owner uint32
		mode  fs.FileMode
		euid  uint32
		ok    bool
	}{
		{"root's, read by root", 0, 0o644, 0, true},
		{"root's, read by a user", 0, 0o600, 1000, true},
		{"the user's own", 1000, 0o644, 1000, true},
		{"a user's, read by root", 1000, 0o644, 0, false},
		{"another user's", 1001, 0o644, 1000, false},
		{"group may write", 0, 0o664, 0, false},
		{"others may write", 0, 0o602, 0, false},
		{"sticky directory", 0, 0o1777&0o777 | fs.ModeDir | fs.ModeSticky, 0, true},
		{"sticky directory of another", 1001, 0o777 | fs.ModeDir | fs.ModeSticky, 0, false},
		{"open directory", 0, 0o777 | fs.ModeDir, 0, false},
		{"sticky file", 0, 0o666 | fs.ModeSticky, 0, false},
		{"link", 0, 0o777 | fs.ModeSymlink, 0, true},
		{"link of another", 7, 0o777 | fs.ModeSymlink, 0, false},
	} {
		assert.Equal(t, tt.ok, checkMode("/p", tt.owner, tt.mode, tt.euid) == nil, tt.name)
	}
}
