package testenv

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"
)

// plainShell makes this process one that an ordinary command prompt has started, whatever shell the
// tests were started from:
//
//   - MSYS's bash enables SeBackupPrivilege and SeRestorePrivilege in its children. With
//     the flag that os.Open sets, FILE_FLAG_BACKUP_SEMANTICS, no file is denied to them.
//   - PowerShell 7's PSModulePath leads Windows PowerShell to modules that it can't load.
//   - A TEMP such as C:\Users\RUNNER~1\AppData\Local\Temp is another name for the directory
//     whose long name the system returns. A test about short names makes one itself.
func plainShell() {
	_ = setPrivileges(0, "SeBackupPrivilege", "SeRestorePrivilege")
	os.Unsetenv("PSModulePath")
	if long, err := filepath.EvalSymlinks(os.TempDir()); err == nil {
		os.Setenv("TMP", long)
		os.Setenv("TEMP", long)
	}
}

// EnablePrivilege enables a privilege of this process, such as "SeRestorePrivilege", until t ends.
// It skips t if this account does not have it.
func EnablePrivilege(t testing.TB, name string) {
	t.Helper()
	if err := setPrivileges(windows.SE_PRIVILEGE_ENABLED, name); err != nil {
		t.Skipf("needs %s: %v", name, err)
	}
	t.Cleanup(func() { _ = setPrivileges(0, name) })
}

// setPrivileges enables or disables privileges of this process. The error is the last one: a
// privilege that the account does not have is ERROR_NOT_ALL_ASSIGNED.
func setPrivileges(attributes uint32, names ...string) (last error) {
	var token windows.Token
	if err := windows.OpenProcessToken(windows.CurrentProcess(), windows.TOKEN_ADJUST_PRIVILEGES|windows.TOKEN_QUERY, &token); err != nil {
		return err
	}
	defer token.Close()
	for _, name := range names {
		if err := setPrivilege(token, attributes, name); err != nil {
			last = err
		}
	}
	return last
}

func setPrivilege(token windows.Token, attributes uint32, name string) error {
	text, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return err
	}
	state := windows.Tokenprivileges{PrivilegeCount: 1}
	state.Privileges[0].Attributes = attributes
	if err := windows.LookupPrivilegeValue(nil, text, &state.Privileges[0].Luid); err != nil {
		return err
	}
	// The call succeeds also where nothing was changed. Only the list of what is enabled now tells,
	// as x/sys does not return the last error of a call that succeeds.
	if err := windows.AdjustTokenPrivileges(token, false, &state, 0, nil, nil); err != nil {
		return err
	}
	on, err := enabled(token, state.Privileges[0].Luid)
	if err == nil && on != (attributes == windows.SE_PRIVILEGE_ENABLED) {
		err = windows.ERROR_NOT_ALL_ASSIGNED
	}
	return err
}

// enabled reports whether a privilege is enabled in token.
func enabled(token windows.Token, luid windows.LUID) (bool, error) {
	buf := make([]byte, 1024)
	for {
		n := uint32(len(buf))
		err := windows.GetTokenInformation(token, windows.TokenPrivileges, &buf[0], n, &n)
		if err == nil {
			break
		}
		if !errors.Is(err, windows.ERROR_INSUFFICIENT_BUFFER) {
			return false, err
		}
		buf = make([]byte, n)
	}
	for _, p := range (*windows.Tokenprivileges)(unsafe.Pointer(&buf[0])).AllPrivileges() {
		if p.Luid == luid {
			return p.Attributes&windows.SE_PRIVILEGE_ENABLED != 0, nil
		}
	}
	return false, nil
}
