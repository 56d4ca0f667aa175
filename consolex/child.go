package consolex

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
)

// CombinedOutput runs cmd and returns its standard output and standard error as
// UTF-8, as [exec.Cmd.CombinedOutput] returns their bytes. Each line is taken for
// UTF-8 if it is that, and else for the code page of the child, see [NewDecoder]
// and [Auto]. What was written comes with an error, too.
func CombinedOutput(cmd *exec.Cmd) (string, error) {
	var out bytes.Buffer
	err := Stream(cmd, &out)
	return out.String(), err
}

// Stream runs cmd and writes its standard output and standard error to w as UTF-8,
// in the way of [CombinedOutput], while it runs. ASCII comes at once, so that a
// prompt can be seen, and other text at the latest with its line. The error is that
// of [exec.Cmd.Run], as it is, or that of w and the other. If w is a [Writer], it is flushed.
//
// A child that was told to have a console of its own, by CREATE_NO_WINDOW,
// CREATE_NEW_CONSOLE or DETACHED_PROCESS in its SysProcAttr, writes the code page
// [OEM] and not that of this process's console; both functions know that. For
// [exec.Cmd.Start] instead of Run, use [NewDecodeWriter], and close it after Wait.
func Stream(cmd *exec.Cmd, w io.Writer) error {
	if cmd.Stdout != nil || cmd.Stderr != nil {
		return errors.New("consolex: the command's Stdout or Stderr is already set")
	}
	sink := &errWriter{w: w}
	out := NewDecodeWriter(sink, decodeAs(cmd))
	cmd.Stdout, cmd.Stderr = out, out // one pipe: lines keep their order
	err := cmd.Run()
	out.Close() // sink knows
	if w, ok := w.(*Writer); ok && sink.err == nil {
		sink.err = w.Flush()
	}
	if sink.err != nil && !errors.Is(err, sink.err) { // which Run may have told
		return errors.Join(sink.err, err)
	}
	return err
}

// An errWriter remembers the first error of a writer. Run prefers to tell how the
// child ended, be it because of that.
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

// decodeAs returns the code page to decode cmd's output with.
func decodeAs(cmd *exec.Cmd) CodePage { return fallback(ChildOf(cmd), ANSI()).OrUTF8() }
