package atomicfile

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"
)

// A share may grant all but WRITE_DAC. Its new file has the old list from CreateFile, or the
// inherited one.
func TestWriteWithoutWriteDAC(t *testing.T) {
	dir := t.TempDir()
	saved := createHandle
	t.Cleanup(func() { createHandle = saved })
	var asked []bool
	createHandle = func(name *uint16, access, mode uint32, sa *windows.SecurityAttributes, disposition, attributes uint32, template windows.Handle) (windows.Handle, error) {
		dac := access&windows.WRITE_DAC != 0
		if asked = append(asked, dac); dac {
			return windows.InvalidHandle, windows.ERROR_ACCESS_DENIED
		}
		return saved(name, access, mode, sa, disposition, attributes, template)
	}
	require.NoError(t, Write(dir, file, []byte("one"), 0o644))
	assert.Equal(t, []bool{false}, asked, "a new file needs no right to change its list")
	require.NoError(t, Write(dir, file, []byte("two"), 0o644))
	assert.Equal(t, []bool{false, true, false}, asked)
	got, err := os.ReadFile(filepath.Join(dir, file))
	require.NoError(t, err)
	assert.Equal(t, "two", string(got))
	requireOnly(t, dir, file)
}

// ReplaceFile can fail after it has set the old file aside (ERROR_UNABLE_TO_MOVE_REPLACEMENT_2).
func TestReplaceFileFailsHalfWay(t *testing.T) {
	saved := replaceFileW
	t.Cleanup(func() { replaceFileW = saved })
	for _, tt := range []struct {
		name, meanwhile, want string
	}{
		{"the old file is put back", "", "old"},
		{"another process has put its own there", "theirs", "theirs"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			root, err := os.OpenRoot(dir)
			require.NoError(t, err)
			defer root.Close()
			path, temp := filepath.Join(dir, file), "."+file+".pathx-0"
			require.NoError(t, os.WriteFile(path, []byte("old"), 0o644))
			put(t, dir, temp)
			replaceFileW = func(to, _, aside *uint16, _ uint32, _, _ uintptr) error {
				require.NoError(t, windows.MoveFile(to, aside))
				if tt.meanwhile != "" {
					require.NoError(t, os.WriteFile(path, []byte(tt.meanwhile), 0o644))
				}
				return windows.ERROR_UNABLE_TO_MOVE_REPLACEMENT_2
			}
			require.ErrorIs(t, replaceFile(root, temp, file), windows.ERROR_UNABLE_TO_MOVE_REPLACEMENT_2)
			got, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, tt.want, string(got))
			requireOnly(t, dir, file, temp)
		})
	}
}
