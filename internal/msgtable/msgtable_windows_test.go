package msgtable

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"
)

// TestFormatMessage lets Windows itself read the file, which holds resources only: as Event Viewer
// and the event log service load it, and as older programs do. Loading it as code is not used to
// load messages, and depends on the processor.
func TestFormatMessage(t *testing.T) {
	file, err := sample.DLL()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "msg.dll")
	require.NoError(t, os.WriteFile(path, file, 0o644))
	for _, flags := range []uintptr{windows.LOAD_LIBRARY_AS_DATAFILE | windows.LOAD_LIBRARY_AS_IMAGE_RESOURCE, windows.LOAD_LIBRARY_AS_DATAFILE} {
		dll, err := windows.LoadLibraryEx(path, 0, flags)
		require.NoError(t, err, "flags %#x", flags)
		readMessages(t, dll)
		require.NoError(t, windows.FreeLibrary(dll))
	}
}

// readMessages compares the messages of a module with those of sample.
func readMessages(t *testing.T, dll windows.Handle) {
	t.Helper()
	insert, err := windows.UTF16PtrFromString("it broke")
	require.NoError(t, err)
	inserts := [9]*uint16{insert}
	buf := make([]uint16, 1000)
	format := func(id uint32) string {
		n, err := windows.FormatMessage(windows.FORMAT_MESSAGE_FROM_HMODULE|windows.FORMAT_MESSAGE_ARGUMENT_ARRAY,
			uintptr(dll), id, 0, buf, (*byte)(unsafe.Pointer(&inserts)))
		require.NoError(t, err, id)
		return windows.UTF16ToString(buf[:n])
	}
	for id := range uint32(1 << 16) {
		if _, ok := sample.Texts[uint16(id)]; !ok && (id%97 == 0 || id%1024 < 2) {
			require.Equal(t, "it broke\r\n", format(id), id)
		}
	}
	for id, want := range map[uint32]string{0: "Zero: it broke", 1: "One", 2: "磁盘已满 💾\r\nit broke", 1500: "100% of it broke", 65535: "The last"} {
		assert.Equal(t, want, strings.TrimSuffix(format(id), "\r\n"))
	}

	_, err = windows.FormatMessage(windows.FORMAT_MESSAGE_FROM_HMODULE|windows.FORMAT_MESSAGE_ARGUMENT_ARRAY,
		uintptr(dll), 1<<16, 0, buf, (*byte)(unsafe.Pointer(&inserts)))
	assert.ErrorIs(t, err, windows.ERROR_MR_MID_NOT_FOUND)
}
