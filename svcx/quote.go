package svcx

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// windowsCommandLine joins a program and its arguments so that
// CommandLineToArgvW gives them back as they are. The program is always quoted
// (CWE-428: C:\Program Files\x.exe could be C:\Program.exe).
func windowsCommandLine(exe string, args []string) string {
	line := `"` + exe + `"`
	for _, arg := range args {
		line += " " + quoteWindowsArg(arg)
	}
	return line
}

// quoteWindowsArg quotes arg by the rules in "Parsing C command-line arguments":
// a backslash is special before a quote only.
func quoteWindowsArg(arg string) string {
	if arg != "" && !strings.ContainsAny(arg, " \t\n\v\"") {
		return arg
	}
	var b strings.Builder
	b.WriteByte('"')
	slashes := 0
	for i := 0; i < len(arg); i++ {
		switch c := arg[i]; c {
		case '\\':
			slashes++
			continue
		case '"':
			b.WriteString(strings.Repeat(`\`, 2*slashes+1))
		default:
			b.WriteString(strings.Repeat(`\`, slashes))
		}
		slashes = 0
		b.WriteByte(arg[i])
	}
	b.WriteString(strings.Repeat(`\`, 2*slashes))
	b.WriteByte('"')
	return b.String()
}

// checkWord returns why a manager can't take text as one word of a command or
// as a variable.
func checkWord(what, text string) error {
	switch {
	case strings.ContainsAny(text, "\n\r\x00"):
		return fmt.Errorf("svcx: %s %q: a line break or NUL can't be given to a service", what, text)
	case !utf8.ValidString(text):
		return fmt.Errorf("svcx: %s %q: it is not valid UTF-8", what, text)
	}
	return nil
}

// checkNoVariable refuses %name%, which Windows expands in a service's command
// line: there is no way to escape it.
func checkNoVariable(what, text string) error {
	parts := strings.Split(text, "%")
	for _, name := range parts[min(1, len(parts)-1) : len(parts)-1] { // between two of them
		if name == "" {
			continue // the first of %%name% is text
		}
		return fmt.Errorf("svcx: %s %q: Windows would replace %%%s%% in it by a variable; pass the value itself, or the name without percent signs", what, text, name)
	}
	return nil
}
