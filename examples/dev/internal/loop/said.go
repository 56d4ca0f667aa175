package loop

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"sync"

	"github.com/surefoot-go/surefoot/consolex"
)

// said scans the output of one process for the line that shows that it is ready, and keeps the last
// line, which says most about a process that has ended.
type said struct {
	io.WriteCloser
	ready *regexp.Regexp // nil: no line shows it

	mu    sync.Mutex
	last  string
	match bool
}

func newSaid(ready string) (*said, error) {
	s := &said{}
	if ready != "" {
		var err error
		if s.ready, err = regexp.Compile(ready); err != nil {
			return nil, err
		}
	}
	lines := &lineWriter{line: s.line}
	s.WriteCloser = &decoded{consolex.NewDecodeWriter(lines, consolex.Auto), lines}
	return s, nil
}

func (s *said) line(text string) {
	var plain bytes.Buffer
	consolex.Strip(&plain).Write([]byte(text))
	line := strings.TrimSpace(plain.String())
	s.mu.Lock()
	defer s.mu.Unlock()
	if line != "" {
		s.last = line
	}
	s.match = s.match || s.ready != nil && s.ready.MatchString(plain.String())
}

func (s *said) matched() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.match
}

// maxQuote is the longest part of a line that is worth quoting.
const maxQuote = 300

// quoted returns the last line, to be appended to a sentence.
func (s *said) quoted() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == "" {
		return ""
	}
	last := s.last
	if runes := []rune(last); len(runes) > maxQuote {
		last = string(runes[:maxQuote]) + "…"
	}
	return "; its last line: " + last
}
