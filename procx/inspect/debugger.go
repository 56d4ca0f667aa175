package inspect

// DebuggerAttached reports whether a debugger, or a tracer such as strace, is attached to this
// process at this moment.
//
// On Linux it reads TracerPid from /proc/self/status. On Windows it calls IsDebuggerPresent, which
// detects user-mode debuggers such as delve (Microsoft: "IsDebuggerPresent function"). On macOS it
// checks P_TRACED. On other systems the error matches errors.ErrUnsupported.
func DebuggerAttached() (bool, error) { return debuggerAttached() }
