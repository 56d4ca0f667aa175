package spec

import "syscall"

// absolute asks the system, which cleans the path, too.
func absolute(path string) (string, error) { return syscall.FullPath(path) }
