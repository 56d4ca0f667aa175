package inspect

import "github.com/surefoot-go/surefoot/internal/winapi"

func debuggerAttached() (bool, error) { return winapi.IsDebuggerPresent(), nil }
