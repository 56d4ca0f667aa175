package inspect

// DebuggerAttached reports whether a debugger, or a tracer such as strace, is attached to this
// process at this moment.
//
// Linux: TracerPid in /proc/self/status. Windows: IsDebuggerPresent, which sees user-mode debuggers
// as delve is one (Microsoft: "IsDebuggerPresent function"). macOS: P_TRACED. Elsewhere the error
// is an errors.ErrUnsupported.
func DebuggerAttached() (bool, error) { return debuggerAttached() }
