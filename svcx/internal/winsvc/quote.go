package winsvc

import (
	"strings"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// CommandLine joins a program and its arguments so that CommandLineToArgvW gives them back
// unchanged. The program is always quoted (CWE-428: C:\Program Files\x.exe could be
// C:\Program.exe).
func CommandLine(exe string, args []string) string {
	line := `"` + exe + `"`
	for _, arg := range args {
		line += " " + Quote(arg)
	}
	return line
}

// Quote quotes arg by the rules in "Parsing C command-line arguments": a backslash is special
// before a quote only, also before the last one.
func Quote(arg string) string {
	if arg != "" && !strings.ContainsAny(arg, " \t\n\v\"") {
		return arg
	}
	parts := strings.Split(arg, `"`)
	for i, part := range parts {
		end := len(part)
		for end > 0 && part[end-1] == '\\' {
			end--
		}
		parts[i] = part + part[end:]
	}
	return `"` + strings.Join(parts, `\"`) + `"`
}

// checkNoVariable refuses %name%, which Windows expands in a service's command line: there is no
// way to escape it.
func checkNoVariable(what, text string) error {
	parts := strings.Split(text, "%")
	for _, name := range parts[min(1, len(parts)-1) : len(parts)-1] { // between two of them
		if name == "" {
			continue // the first of %%name% is text
		}
		return spec.Refuse(what, text, "Windows would replace %"+name+"% in it by a variable; pass the value itself, or the name without percent signs")
	}
	return nil
}
