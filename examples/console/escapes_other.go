//go:build !windows

package main

import (
	"os"

	"github.com/surefoot-go/surefoot/consolex"
)

// escapes reports whether f obeys escape sequences.
func escapes(_ *os.File, kind consolex.Kind) string { return escapesOf(kind) }
