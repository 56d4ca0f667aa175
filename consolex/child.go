package consolex

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
)

// CombinedOutput runs cmd and returns its standard output and standard error as UTF-8, as
// [exec.Cmd.CombinedOutput] returns their bytes. The text is UTF-8, UTF-16 or in the code page of
// [ChildOf], see [Detect]. Output that precedes an error is returned with it.
func CombinedOutput(cmd *exec.Cmd) (string, error) { return Detect{}.CombinedOutput(cmd) }

// CombinedOutput is like the function [CombinedOutput], with d's code page.
func (d Detect) CombinedOutput(cmd *exec.Cmd) (string, error) {
	var out bytes.Buffer
	err := d.Stream(cmd, &out)
	return out.String(), err
}

// Stream runs cmd and writes its standard output and standard error to w as UTF-8 while it runs, as
// [CombinedOutput] returns it. ASCII and what is sure come at once, so that a prompt can be seen;
// other text comes at the latest with its line. If w is a [Writer], it is flushed.
//
// Stream returns the error of [exec.Cmd.Run], unwrapped, or the first error of w, or both joined.
// For [exec.Cmd.Start] instead of Run, use [NewDecodeWriter], and close it after Wait.
func Stream(cmd *exec.Cmd, w io.Writer) error { return Detect{}.Stream(cmd, w) }

// Stream is like the function [Stream], with d's code page.
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
	cmd.Stdout, cmd.Stderr = out, out // one pipe: lines keep their order
	err := cmd.Run()
	out.Close() // sink has the error
	if w, ok := w.(*Writer); ok && sink.err == nil {
		sink.err = w.Flush()
	}
	if sink.err != nil && !errors.Is(err, sink.err) { // Run may have returned it as well
		return errors.Join(sink.err, err)
	}
	return err
}

// An errWriter remembers the first error of a writer. Run prefers to tell how the child ended, be
// it because of that.
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
