//go:build !windows

package spec

import "path/filepath"

func absolute(path string) (string, error) { return filepath.Abs(path) }
