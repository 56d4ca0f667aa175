package supervisor

import (
	"io"
	"time"
)

// tellWait is the time limit for a message on standard error. Its reader may be a journald that
// hangs or a console that is paused.
const tellWait = 2 * time.Second

// Tell writes text to w, giving up after tellWait so that a blocked reader can't stall the service.
func Tell(w io.Writer, text []byte) {
	told := make(chan struct{})
	go func() {
		w.Write(text)
		close(told)
	}()
	select {
	case <-told:
	case <-time.After(tellWait):
	}
}
