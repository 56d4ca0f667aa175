package journal

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"github.com/surefoot-go/surefoot/eventx/internal/reading"
)

// Query yields the entries that f selects, using the program journalctl.
func Query(ctx context.Context, journalctl string, f reading.Filter, yield func(reading.Record) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, journalctl, Args(f)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return fmt.Errorf("%w: there is no journald here: %w", errors.ErrUnsupported, err)
		}
		return err
	}
	more, err := readJournal(stdout, f, yield)
	if !more || err != nil {
		cancel()
		_ = cmd.Wait() // it was killed
		return err
	}
	if err := cmd.Wait(); err != nil {
		if text := strings.TrimSpace(stderr.String()); text != "" {
			return fmt.Errorf("journalctl: %s: %w", text, err)
		}
		return fmt.Errorf("journalctl: %w", err)
	}
	return nil
}

// readJournal yields the entries of journalctl's output, which contains one per line. It skips
// lines that are not entries, and returns an error only if no line is one. more is false if yield
// returned false.
func readJournal(r io.Reader, f reading.Filter, yield func(reading.Record) bool) (more bool, err error) {
	var bad error
	entries := 0
	for lines := bufio.NewReader(r); ; {
		line, err := lines.ReadBytes('\n')
		var e journalEntry
		if text := bytes.TrimSpace(line); len(text) > 0 {
			if badLine := json.Unmarshal(text, &e); badLine != nil {
				bad = badLine
			} else if entries++; len(e) > 0 {
				if record := e.record(); f.Matches(record) && !yield(record) {
					return false, nil
				}
			}
		}
		if errors.Is(err, io.EOF) && (bad == nil || entries > 0) {
			return true, nil
		}
		if err != nil {
			return true, fmt.Errorf("journalctl's output: %w", errors.Join(bad, err))
		}
	}
}
