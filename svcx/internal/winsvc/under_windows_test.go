package winsvc

import (
	"os"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"golang.org/x/sys/windows"
)

func TestUnderImage(t *testing.T) {
	for image, want := range map[string]spec.Manager{
		`C:\Windows\System32\services.exe`: spec.SCM, `\Device\HarddiskVolume3\Windows\System32\Services.EXE`: spec.SCM, "services.exe": spec.SCM,
		`C:\Windows\System32\cmd.exe`: spec.Console, `C:\services.exe\x.exe`: spec.Console, "": spec.Console, "myservices.exe": spec.Console,
	} {
		assert.Equal(t, want, underImage(image), image)
	}
	assert.Equal(t, spec.Console, (&Program{}).Under(), "a test is no service")
}

// TestUnderParent looks up this process and services.exe as parents in the real list of processes.
func TestUnderParent(t *testing.T) {
	buf := make([]byte, 4<<20)
	size := uint32(len(buf))
	require.NoError(t, windows.NtQuerySystemInformation(windows.SystemProcessInformation, unsafe.Pointer(&buf[0]), size, &size))
	assert.Equal(t, spec.Console, underParent(buf, uintptr(os.Getpid())))
	assert.Equal(t, spec.Console, underParent(buf, 0xfffffff1), "no such process")

	var services uintptr
	for list := buf; ; {
		var p windows.SYSTEM_PROCESS_INFORMATION
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&p)), unsafe.Sizeof(p)), list)
		if p.ImageName.String() == "services.exe" {
			services = p.UniqueProcessID
		}
		if p.NextEntryOffset == 0 {
			break
		}
		list = list[p.NextEntryOffset:]
	}
	require.NotZero(t, services)
	assert.Equal(t, spec.SCM, underParent(buf, services))
}
