package consolex

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
)

// CombinedOutput is like [exec.Cmd.CombinedOutput] but returns the standard output and standard
// error as UTF-8. The child may write UTF-8, UTF-16 or the code page of [ChildOf]; see [Detect]. If
// an error occurs, the output before it is returned as well.
func CombinedOutput(cmd *exec.Cmd) (string, error) { return Detect{}.CombinedOutput(cmd) }

// CombinedOutput is like the function [CombinedOutput], but uses d's code page.
func (d Detect) CombinedOutput(cmd *exec.Cmd) (string, error) {
	var out bytes.Buffer
	err := d.Stream(cmd, &out)
	return out.String(), err
}

// Stream runs cmd and writes its standard output and standard error to w as UTF-8 while it runs,
// decoding them like [CombinedOutput]. ASCII and text whose encoding is certain are written at
// once, so that prompts appear; other text is written at the end of its line at the latest. If w is
// a [Writer], Stream flushes it.
//
// Stream returns the error of [exec.Cmd.Run], unwrapped, or the first error of w, or both joined.
// For [exec.Cmd.Start] instead of Run, use [NewDecodeWriter], and close it after Wait.
func Stream(cmd *exec.Cmd, w io.Writer) error { return Detect{}.Stream(cmd, w) }

// Stream is like the function [Stream], but uses d's code page.
func (d Detect) Stream(cmd *exec.Cmd, w io.Writer) error {
	if cmd.Stdout != nil || cmd.Stderr != nil {
		return errors.New("consolex: the command's Stdout or Stderr is already set")
	}
	sink := &errWriter{w: w}
	conversion := d.decoding(cmd)
	if conversion.err != nil {
		return conversion.err
	}
	out := &convWriter{w: sink, conversion: conversion}
	cmd.Stdout, cmd.Stderr = out, out // one pipe keeps lines in order
	err := cmd.Run()
	out.Close() // sink has the error
	if w, ok := w.(*Writer); ok && sink.err == nil {
		sink.err = w.Flush()
	}
	if sink.err != nil && !errors.Is(err, sink.err) { // Run may have returned it too
		return errors.Join(sink.err, err)
	}
	return err
}

// An errWriter remembers the first error of a writer. Run prefers to report how the child exited,
// even if the writer's error was the reason.
type errWriter struct {
	w   io.Writer
	err error
}

func (w *errWriter) Write(p []byte) (int, error) {
	n, err := writeFull(w.w, p)
	if w.err == nil {
		w.err = err
	}
	return n, err
}
