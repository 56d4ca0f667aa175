//go:build unix && !linux

package listen

var systemHelpers = map[string]func([]string) int{"exhaust": exhaust}
