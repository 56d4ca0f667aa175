package unixsec

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/trust"
)

func TestMounts(t *testing.T) {
	for _, tt := range []struct {
		name   string
		entry  Entry
		who    string // "": trusted
		advice string
	}{
		{"a ConfigMap: all may write, but can't", Entry{Mode: 0o777, Mount: Mount{ReadOnly: true}}, "", ""},
		{"another's on a read-only file system", Entry{UID: 7, Mode: 0o644, Mount: Mount{ReadOnly: true}}, "uid 7", "give it to root where it is made"},
		{"another's on one, and open", Entry{UID: 7, Mode: 0o777, Mount: Mount{ReadOnly: true}}, "uid 7", "give it to root where it is made"},
		{"WSL's drive", Entry{Mode: 0o777, Mount: Mount{Fixed: "9p"}}, "everyone", "/etc/wsl.conf"},
		{"WSL's drive without write bits", Entry{Mode: 0o755, Mount: Mount{Fixed: "9p"}}, "", ""},
		{"a share", Entry{UID: 1000, Mode: 0o755, Mount: Mount{Fixed: "cifs"}}, "uid 1000", "forceuid,uid=0,file_mode=0644"},
		{"a stick", Entry{UID: 1000, Mode: 0o777, Mount: Mount{Fixed: "vfat"}}, "uid 1000", "-o uid=0,umask=022"},
		{"Docker Desktop's share", Entry{Mode: 0o777 | fs.ModeDir, Mount: Mount{Fixed: "FUSE"}}, "everyone", "default_permissions,umask=022"},
		{"a share mounted read-only", Entry{Mode: 0o777, Mount: Mount{ReadOnly: true, Fixed: "cifs"}}, "", ""},
		{"the root of a user namespace", Entry{UID: 65534, Mode: 0o755 | fs.ModeDir, Unmapped: true}, "", ""},
		{"an open directory in one", Entry{UID: 65534, Mode: 0o777 | fs.ModeDir, Unmapped: true}, "everyone", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.entry.Path = "/p"
			err := Account{}.Check(tt.entry)
			if tt.who == "" {
				require.NoError(t, err)
				return
			}
			var f *trust.Finding
			require.ErrorAs(t, err, &f)
			assert.Contains(t, f.Error(), tt.who)
			assert.Contains(t, f.Advice, tt.advice)
			assert.Equal(t, tt.advice == "", f.Fix != "", "a command that can't help: %q", f.Fix)
		})
	}
	assert.Equal(t, "9p", fixedModes(0x01021997))
	assert.Empty(t, fixedModes(0xEF53), "ext4")
}

func TestUnmapped(t *testing.T) {
	for _, tt := range []struct {
		name, uidMap, overflow string
		uid                    uint32
		want                   bool
	}{
		{"the first namespace", "         0          0 4294967295\n", "65534\n", 65534, false},
		{"root alone", "         0       1000          1\n", "65534\n", 65534, true},
		{"root alone, another user", "         0       1000          1\n", "65534\n", 1000, false},
		{"with a nobody of its own", "0 1000 1\n1 100000 65536\n", "65534\n", 65534, false},
		{"a few accounts", "0 1000 1\n1 100000 1000\n", "65534\n", 65534, true},
		{"another overflow", "0 1000 1\n", "99\n", 65534, false},
		{"no map", "", "65534\n", 65534, false},
		{"not a map", "x\n", "65534\n", 65534, false},
		{"not a number", "0 1000 1\n", "x", 65534, false},
	} {
		assert.Equal(t, tt.want, unmapped(tt.uid, tt.uidMap, tt.overflow), tt.name)
	}
}
