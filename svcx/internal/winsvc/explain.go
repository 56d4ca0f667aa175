package winsvc

import "github.com/surefoot-go/surefoot/svcx/internal/spec"

// exitCode combines the two exit codes of a status into one.
func exitCode(win32, specific uint32) int {
	const errNeverStarted = 1077 // ERROR_SERVICE_NEVER_STARTED
	switch win32 {
	case 1066: // ERROR_SERVICE_SPECIFIC_ERROR
		return int(specific)
	case errNeverStarted:
		return 0
	}
	return int(win32)
}

// explainErrno maps an error number of the SCM (WinError.h) to a sentinel error and a hint.
func explainErrno(errno uint32) (hint string, kind error) {
	switch errno {
	case 5: // ERROR_ACCESS_DENIED
		return "run it as administrator", spec.ErrAccessDenied
	case 1060: // ERROR_SERVICE_DOES_NOT_EXIST
		return "install it first", spec.ErrNotInstalled
	case 1072: // ERROR_SERVICE_MARKED_FOR_DELETE
		return "close the Services window, Task Manager and whatever else holds it open (a monitoring agent, another installer), or restart Windows", spec.ErrMarkedForDelete
	case 1056: // ERROR_SERVICE_ALREADY_RUNNING
		return "", spec.ErrAlreadyRunning
	case 1062: // ERROR_SERVICE_NOT_ACTIVE
		return "", spec.ErrNotRunning
	case 1053: // ERROR_SERVICE_REQUEST_TIMEOUT
		return "the process ended, or did not connect to the service manager within 30 seconds; run it on a console to see why", spec.ErrStartFailed
	case 193, 216: // ERROR_BAD_EXE_FORMAT, ERROR_EXE_MACHINE_TYPE_MISMATCH
		return "the executable is not a program for this machine's processor: put one there that is, and start again", spec.ErrStartFailed
	case 1057, 1332: // ERROR_INVALID_SERVICE_ACCOUNT, ERROR_NONE_MAPPED
		return "check the account's name and password", nil
	case 1058: // ERROR_SERVICE_DISABLED
		return "the service is disabled: install it with another start type", nil
	case 1069: // ERROR_SERVICE_LOGON_FAILED
		return "check the account's password and its right to log on as a service; install again to grant it", spec.ErrStartFailed
	case 1068: // ERROR_SERVICE_DEPENDENCY_FAIL
		return "a service that it depends on does not start", spec.ErrStartFailed
	case 1078: // ERROR_DUPLICATE_SERVICE_NAME
		return "another service has that display name (or has this name as its display name): set another Service.DisplayName", nil
	case 2, 3: // ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND
		return "the executable does not exist: install again from its current path", nil
	}
	return "", nil
}
