//go:build !windows

package eventx

var helpers = map[string]func([]string) int{"last words": lastWords}
