package wincall

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// TestSameAsXSys compares the handwritten definitions with golang.org/x/sys/windows.
func TestSameAsXSys(t *testing.T) {
	for _, c := range [][2]uint32{
		{SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE, windows.SC_MANAGER_CONNECT | windows.SC_MANAGER_CREATE_SERVICE},
		{SERVICE_QUERY_CONFIG | SERVICE_QUERY_STATUS, windows.SERVICE_QUERY_CONFIG | windows.SERVICE_QUERY_STATUS},
		{SERVICE_START, windows.SERVICE_START}, {SERVICE_STOP, windows.SERVICE_STOP}, {DELETE, windows.DELETE},
		{SERVICE_ENUMERATE_DEPENDENTS, windows.SERVICE_ENUMERATE_DEPENDENTS}, {SERVICE_ALL_ACCESS, windows.SERVICE_ALL_ACCESS},
		{SERVICE_WIN32_OWN_PROCESS, windows.SERVICE_WIN32_OWN_PROCESS},
		{SERVICE_NO_CHANGE, windows.SERVICE_NO_CHANGE},
		{SERVICE_STOPPED, windows.SERVICE_STOPPED}, {SERVICE_START_PENDING, windows.SERVICE_START_PENDING},
		{SERVICE_STOP_PENDING, windows.SERVICE_STOP_PENDING}, {SERVICE_CONTROL_STOP, windows.SERVICE_CONTROL_STOP},
		{uint32(ERROR_INVALID_PARAMETER), uint32(windows.ERROR_INVALID_PARAMETER)}, {uint32(ERROR_SERVICE_NOT_ACTIVE), uint32(windows.ERROR_SERVICE_NOT_ACTIVE)},
		{uint32(ERROR_PROCESS_ABORTED), uint32(windows.ERROR_PROCESS_ABORTED)},
		{uint32(ERROR_INVALID_LEVEL), uint32(windows.ERROR_INVALID_LEVEL)}, {uint32(ERROR_SERVICE_DOES_NOT_EXIST), uint32(windows.ERROR_SERVICE_DOES_NOT_EXIST)},
		{uint32(ERROR_SERVICE_CANNOT_ACCEPT_CTRL), uint32(windows.ERROR_SERVICE_CANNOT_ACCEPT_CTRL)},
		{uint32(ERROR_FAILED_SERVICE_CONTROLLER_CONNECT), uint32(windows.ERROR_FAILED_SERVICE_CONTROLLER_CONNECT)},
		{uint32(ERROR_SERVICE_MARKED_FOR_DELETE), uint32(windows.ERROR_SERVICE_MARKED_FOR_DELETE)},
		{uint32(unsafe.Sizeof(SERVICE_STATUS{})), uint32(unsafe.Sizeof(windows.SERVICE_STATUS{}))},
		{uint32(unsafe.Sizeof(SERVICE_STATUS_PROCESS{})), uint32(unsafe.Sizeof(windows.SERVICE_STATUS_PROCESS{}))},
		{uint32(unsafe.Sizeof(SERVICE_TABLE_ENTRY{})), uint32(unsafe.Sizeof(windows.SERVICE_TABLE_ENTRY{}))},
		{uint32(unsafe.Sizeof(QUERY_SERVICE_CONFIG{})), uint32(unsafe.Sizeof(windows.QUERY_SERVICE_CONFIG{}))},
		{uint32(unsafe.Offsetof(QUERY_SERVICE_CONFIG{}.DisplayName)), uint32(unsafe.Offsetof(windows.QUERY_SERVICE_CONFIG{}.DisplayName))},
		{uint32(unsafe.Sizeof(SERVICE_FAILURE_ACTIONS{})), uint32(unsafe.Sizeof(windows.SERVICE_FAILURE_ACTIONS{}))},
		{uint32(unsafe.Sizeof(SC_ACTION{})), uint32(unsafe.Sizeof(windows.SC_ACTION{}))},
		{uint32(unsafe.Sizeof(ENUM_SERVICE_STATUS{})), uint32(unsafe.Sizeof(windows.ENUM_SERVICE_STATUS{}))},
		{uint32(unsafe.Sizeof(UNICODE_STRING{})), uint32(unsafe.Sizeof(windows.NTUnicodeString{}))},
		{uint32(80 + 8*unsafe.Sizeof(uintptr(0))), uint32(unsafe.Sizeof(windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{}))},
		{16, uint32(unsafe.Offsetof(windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{}.BasicLimitInformation.LimitFlags))},
		{uint32(unsafe.Sizeof([6]uintptr{})), uint32(unsafe.Sizeof(windows.PROCESS_BASIC_INFORMATION{}))},
		{uint32(unsafe.Offsetof(SYSTEM_PROCESS_INFORMATION{}.ImageName)), uint32(unsafe.Offsetof(windows.SYSTEM_PROCESS_INFORMATION{}.ImageName))},
		{uint32(unsafe.Offsetof(SYSTEM_PROCESS_INFORMATION{}.UniqueProcessID)), uint32(unsafe.Offsetof(windows.SYSTEM_PROCESS_INFORMATION{}.UniqueProcessID))},
	} {
		assert.Equal(t, c[1], c[0])
	}
	assert.Equal(t, uintptr(windows.GetCurrentProcessToken()), uintptr(CurrentToken))
}

func TestNotFound(t *testing.T) {
	missing := proc{dll: &kernel32, name: "NoSuchFunction"}
	assert.ErrorIs(t, missing.ok(), windows.ERROR_PROC_NOT_FOUND)
	assert.ErrorIs(t, missing.number(), windows.ERROR_PROC_NOT_FOUND)
	noDLL := dll{name: "surefoot-no-such.dll"}
	nowhere := proc{dll: &noDLL, name: "F"}
	_, err := nowhere.value()
	assert.ErrorIs(t, err, windows.ERROR_MOD_NOT_FOUND)
}

// TestSystemDirectory checks that a DLL in the working directory is not loaded.
func TestSystemDirectory(t *testing.T) {
	testenv.NeedWindows(t, "also searches elsewhere")
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("surefoot-here.dll", []byte("MZ"), 0o600))
	here := dll{name: "surefoot-here.dll"}
	_, err := here.load()
	assert.ErrorIs(t, err, windows.ERROR_MOD_NOT_FOUND)
}

// TestNamesInWorkingDirectory checks that DLLs of these names in the working directory are not loaded.
func TestNamesInWorkingDirectory(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^Test(NotFound|Descriptor|Errors)$")
	cmd.Dir = t.TempDir()
	for _, d := range []*dll{&advapi32, &kernel32, &ntdll} {
		require.NoError(t, os.WriteFile(filepath.Join(cmd.Dir, d.name), []byte("MZ"), 0o600))
	}
	out, err := cmd.CombinedOutput()
	assert.NoError(t, err, "%s", out)
}

func TestRegistry(t *testing.T) {
	if !testenv.IsWine() {
		testenv.NeedChange(t, "writes into the registry")
	}
	v := Value{Key: `SOFTWARE\surefoot-wincall-test\deeper`, Name: "x"}
	t.Cleanup(func() { Value{Key: `SOFTWARE\surefoot-wincall-test`}.DeleteKey() })
	_, err := v.String()
	require.ErrorIs(t, err, syscall.ERROR_FILE_NOT_FOUND)
	require.False(t, v.HasKey())
	require.NoError(t, v.SetString("Köln %PATH%"))
	assert.True(t, v.HasKey())
	text, err := v.String()
	require.NoError(t, err)
	assert.Equal(t, "Köln %PATH%", text)
	_, err = v.Strings()
	assert.Error(t, err, "another type")
	_, err = v.Number()
	assert.Error(t, err, "another type")

	for _, list := range [][]string{{"a=1", "b c=Ä"}, {strings.Repeat("x", 1000), "y"}, nil} {
		require.NoError(t, v.SetStrings(list))
		got, err := v.Strings()
		require.NoError(t, err)
		assert.Equal(t, list, got)
	}
	require.NoError(t, v.Delete())
	assert.ErrorIs(t, v.Delete(), syscall.ERROR_FILE_NOT_FOUND)
	require.NoError(t, v.DeleteKey())
	assert.False(t, v.HasKey())
	assert.ErrorIs(t, Value{Key: "a\x00b"}.SetString(""), syscall.EINVAL)
	assert.ErrorIs(t, v.SetString("a\x00b"), syscall.EINVAL)

	n, err := Value{Key: `SYSTEM\CurrentControlSet\Services\RpcSs`, Name: "Type"}.Number()
	require.NoError(t, err)
	assert.NotZero(t, n&0x30, "a service's type")
}

func TestEnviron(t *testing.T) {
	t.Setenv("SUREFOOT_ENVIRON", "Köln = 1")
	assert.Equal(t, os.Environ(), Environ())
}

func TestDescriptor(t *testing.T) {
	_, err := ParseSDDL("nonsense")
	assert.Error(t, err)
	sd, err := ParseSDDL("O:BAD:P(A;;FA;;;SY)")
	require.NoError(t, err)
	want, err := windows.SecurityDescriptorFromString("O:BAD:P(A;;FA;;;SY)")
	require.NoError(t, err)
	assert.Equal(t, unsafe.Slice((*byte)(unsafe.Pointer(want)), want.Length()), sd)
}

func TestErrors(t *testing.T) {
	assert.Equal(t, error(windows.ERROR_ACCESS_DENIED), ntstatusToErrno(0xC0000022))  // STATUS_ACCESS_DENIED
	assert.Equal(t, error(windows.ERROR_FILE_NOT_FOUND), ntstatusToErrno(0xC0000034)) // STATUS_OBJECT_NAME_NOT_FOUND
	assert.Equal(t, error(syscall.EINVAL), failed(false, 0))
	assert.Equal(t, "", String(nil))
}
