package pathx

import (
	"io/fs"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// freeLetter returns a drive that doesn't exist here.
func freeLetter(t *testing.T) string {
	t.Helper()
	drives, err := windows.GetLogicalDrives()
	require.NoError(t, err)
	for letter := 'P'; letter < 'Z'; letter++ {
		if drives&(1<<(letter-'A')) == 0 {
			return string(letter)
		}
	}
	t.Skip("all drive letters are taken")
	return ""
}

func TestMissingDrive(t *testing.T) {
	path := freeLetter(t) + `:\conf\orders.json`
	_, err := Finder{App: app, Flag: path}.Open()
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.ErrorContains(t, err, "services and elevated processes have no mapped drives")
}

func TestMappedDrive(t *testing.T) {
	testenv.NeedChange(t, "maps a drive in the user's registry")
	letter := freeLetter(t)
	k, existed, err := registry.CreateKey(registry.CURRENT_USER, `Network\`+letter, registry.SET_VALUE)
	require.NoError(t, err)
	defer k.Close()
	require.False(t, existed)
	t.Cleanup(func() { assert.NoError(t, registry.DeleteKey(registry.CURRENT_USER, `Network\`+letter)) })
	require.NoError(t, k.SetStringValue("RemotePath", `\\fileserver\conf`))

	_, err = Finder{App: app, Flag: letter + `:\orders\orders.json`}.Open()
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.ErrorContains(t, err, `use \\fileserver\conf\orders\orders.json`)
}

// An unreachable server may have the file.
func TestUnreachableServerIsNotNotExist(t *testing.T) {
	assert.False(t, isNotExist(windows.ERROR_BAD_NETPATH))
	assert.True(t, isNotExist(windows.ERROR_PATH_NOT_FOUND))
	assert.Equal(t, "failed", Attempt{Err: windows.ERROR_BAD_NETPATH}.Status())
}

// ImDisk's volumes and the mounts of some containers don't report file names.
func TestNamelessVolume(t *testing.T) {
	for _, number := range []error{windows.ERROR_INVALID_FUNCTION, windows.ERROR_PATH_NOT_FOUND} {
		err := os.NewSyscallError("GetFinalPathNameByHandle", number)
		var w walk
		w.stop(Attempt{Source: FromSystem, Path: `R:\x`, Err: err, Hint: errorHint(FromSystem, err)})
		stop := &StopError{App: app, Tried: w.tried}
		require.ErrorIs(t, stop, number)
		require.NotErrorIs(t, stop, fs.ErrNotExist)
		assert.ErrorContains(t, stop, "ImDisk")
	}
	assert.Equal(t, noTrouble, troubleOf(windows.ERROR_INVALID_FUNCTION))
}
