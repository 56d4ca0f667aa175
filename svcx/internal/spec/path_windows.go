package spec

import "syscall"

// Absolute makes a path absolute, by the system: filepath.Abs would clean it once more.
func Absolute(path string) (string, error) { return syscall.FullPath(path) }
