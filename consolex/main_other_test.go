//go:build !windows

package consolex

var systemHelpers map[string]func([]string) int
