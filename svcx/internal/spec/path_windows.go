package spec

import "syscall"

// absolute uses GetFullPathName, which also cleans the path.
func absolute(path string) (string, error) { return syscall.FullPath(path) }
