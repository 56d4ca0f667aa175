package spec

import "syscall"

// absolute asks the system, which also cleans the path.
func absolute(path string) (string, error) { return syscall.FullPath(path) }
