package svcx

import (
	"io"
	"time"
)

// tellWait is how long a word on standard error may take. Nobody may read it: a
// journald that hangs, a console that is paused.
const tellWait = 2 * time.Second

// tell writes text to w, and waits for no one who does not read it.
func tell(w io.Writer, text []byte) {
	told := make(chan struct{})
	go func() {
		defer close(told)
		w.Write(text)
	}()
	timer := time.NewTimer(tellWait)
	defer timer.Stop()
	select {
	case <-told:
	case <-timer.C:
	}
}
