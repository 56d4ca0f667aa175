package loop

import "strings"

// Limits for the lines kept of a service. A crash of a program with many goroutines writes hundreds
// of lines, of which the first ones say what happened.
const (
	mostLines   = 3000
	panicLines  = 30
	normalLines = 10
)

// lastWords returns the lines that say why a process has ended: those from the beginning of the
// last crash report of the Go runtime, or else the last lines.
func lastWords(lines []string) []string {
	for i := len(lines) - 1; i >= 0; i-- {
		if beginsCrash(lines[i]) {
			return lines[i:min(i+panicLines, len(lines))]
		}
	}
	return lines[max(0, len(lines)-normalLines):]
}

func beginsCrash(line string) bool {
	for _, word := range []string{"panic: ", "fatal error: ", "SIG", "unexpected fault address ", "WARNING: DATA RACE"} {
		if strings.HasPrefix(line, word) {
			return true
		}
	}
	return false
}
