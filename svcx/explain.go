package svcx

// windowsExit makes one exit code of a status's two.
func windowsExit(win32, specific uint32) int {
	const errNeverStarted = 1077 // ERROR_SERVICE_NEVER_STARTED
	switch win32 {
	case 1066: // ERROR_SERVICE_SPECIFIC_ERROR
		return int(specific)
	case errNeverStarted:
		return 0
	}
	return int(win32)
}

// explainErrno says what an error number of the SCM (WinError.h) means for who
// asked, and what to do next.
func explainErrno(errno uint32) (hint string, kind error) {
	switch errno {
	case 5: // ERROR_ACCESS_DENIED
		return "run it as administrator", ErrAccessDenied
	case 1060: // ERROR_SERVICE_DOES_NOT_EXIST
		return "install it first", ErrNotInstalled
	case 1072: // ERROR_SERVICE_MARKED_FOR_DELETE
		return "close the Services window, Task Manager and whatever else holds it open (a monitoring agent, another installer), or restart Windows", ErrMarkedForDelete
	case 1056: // ERROR_SERVICE_ALREADY_RUNNING
		return "", ErrAlreadyRunning
	case 1062: // ERROR_SERVICE_NOT_ACTIVE
		return "", ErrNotRunning
	case 1053: // ERROR_SERVICE_REQUEST_TIMEOUT
		return "the process ended, or did not connect to the service manager within 30 seconds; run it on a console to see why", ErrStartFailed
	case 1057: // ERROR_INVALID_SERVICE_ACCOUNT
		return "check the account's name and password", nil
	case 1058: // ERROR_SERVICE_DISABLED
		return "the service is disabled: install it with another start type", nil
	case 1069: // ERROR_SERVICE_LOGON_FAILED
		return "check the account's password and its right to log on as a service; install again to grant it", ErrStartFailed
	case 1068: // ERROR_SERVICE_DEPENDENCY_FAIL
		return "a service that it depends on does not start", ErrStartFailed
	case 2, 3: // ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND
		return "the executable is not there: install again from where it is", nil
	}
	return "", nil
}
