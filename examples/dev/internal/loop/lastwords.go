package loop

import "strings"

// What is kept of a service's lines: a crash of a program with many goroutines writes some hundreds
// of lines, of which the first ones say what has happened.
const (
	mostLines   = 3000
	panicLines  = 30
	normalLines = 10
)

// lastWords are the lines by which a process says why it has ended: from the last one on that
// begins a crash, as Go's runtime writes it, else the last ones.
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
