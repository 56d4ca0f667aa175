package config

import (
	"regexp"
	"strings"
)

// placeholder is what Expand replaces in a variable or an argument.
var placeholder = regexp.MustCompile(`\{(port(?::[A-Za-z0-9_-]+)?|addr_file)\}`)

// Expand replaces {port}, {port:NAME} and {addr_file} by what value returns for the text between
// the braces. Other braces stay as they are.
func Expand(text string, value func(name string) string) string {
	return placeholder.ReplaceAllStringFunc(text, func(match string) string {
		return value(strings.Trim(match, "{}"))
	})
}

// Uses reports whether one of the texts has the placeholder.
func Uses(name string, texts ...[]string) bool {
	for _, list := range texts {
		for _, text := range list {
			if strings.Contains(text, "{"+name+"}") {
				return true
			}
		}
	}
	return false
}
