//go:build !windows

package spec

import "path/filepath"

// Absolute makes a path absolute.
func Absolute(path string) (string, error) { return filepath.Abs(path) }
