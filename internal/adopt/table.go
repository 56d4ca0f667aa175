package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/surefoot-go/surefoot/internal/adopt/kit"
)

// skip is an error: why something can't be tried here.
type skip string

func (s skip) Error() string { return string(s) }

// cell writes the result of a trial.
func cell(report kit.Report, err error) string {
	var skipped skip
	switch {
	case errors.As(err, &skipped):
		return "skipped: " + string(skipped)
	case err != nil:
		return "**no**: " + short(err)
	case len(report.Remains) > 0:
		return fmt.Sprintf("yes; %d goroutines of its own remain", len(report.Remains))
	}
	return "yes"
}

// short returns the beginning of an error in one line, for a table.
func short(err error) string {
	line := strings.Join(strings.Fields(err.Error()), " ")
	line = strings.ReplaceAll(line, "|", "\\|")
	if runes := []rune(line); len(runes) > 200 {
		line = string(runes[:200]) + "…"
	}
	return line
}

// markdown writes rows, of which the first is the header.
func markdown(rows [][]string) string {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	var b strings.Builder
	for n, row := range rows {
		for i, cell := range row {
			b.WriteString("| " + cell + strings.Repeat(" ", width[i]-len([]rune(cell))) + " ")
		}
		b.WriteString("|\n")
		for i := range row {
			if n == 0 {
				b.WriteString("| " + strings.Repeat("-", width[i]) + " ")
			}
		}
		if n == 0 {
			b.WriteString("|\n")
		}
	}
	return b.String()
}

var marked = regexp.MustCompile(`(?s)(<!-- adopt -->\n).*?(<!-- /adopt -->)`)

// fill puts text between the markers of a document.
func fill(document, text string) (string, error) {
	at := marked.FindStringSubmatchIndex(document)
	if at == nil {
		return "", errors.New("there are no lines <!-- adopt --> and <!-- /adopt -->")
	}
	return document[:at[3]] + "\n" + strings.TrimSpace(text) + "\n\n" + document[at[4]:], nil
}

// fillFiles fills documents, all or none.
func fillFiles(names []string, text string) error {
	filled := make([]string, len(names))
	for i, name := range names {
		old, err := os.ReadFile(name)
		if err == nil {
			filled[i], err = fill(string(old), text)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for i, name := range names {
		if err := os.WriteFile(name, []byte(filled[i]), 0o644); err != nil {
			return err
		}
	}
	return nil
}
