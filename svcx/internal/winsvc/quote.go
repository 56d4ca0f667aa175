package winsvc

import (
	"strings"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// CommandLine joins a program and its arguments so that CommandLineToArgvW returns them unchanged.
// The program is always quoted (CWE-428: C:\Program Files\x.exe could be C:\Program.exe).
func CommandLine(exe string, args []string) string {
	line := `"` + exe + `"`
	for _, arg := range args {
		line += " " + Quote(arg)
	}
	return line
}

// Quote quotes arg as described in Microsoft's "Parsing C command-line arguments": a backslash is
// special only before a quote, including the closing one.
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

// checkNoVariable rejects %name%. Windows expands it in a service's command line, and it can't be
// escaped.
func checkNoVariable(what, text string) error {
	parts := strings.Split(text, "%")
	for _, name := range parts[min(1, len(parts)-1) : len(parts)-1] { // the text between two percent signs
		if name == "" {
			continue // the first percent sign of %%name% is literal
		}
		return spec.Refuse(what, text, "Windows would replace %"+name+"% in it by a variable; pass the value itself, or the name without percent signs")
	}
	return nil
}
