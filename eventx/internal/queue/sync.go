package queue

import "time"

// SyncWait is how long an event of HandlerOptions.Sync waits for the log, and then for the
// fallback.
const SyncWait = 2 * time.Second

// Waiter is the call of Handle that waits until its event is written.
type Waiter struct {
	Settled   chan struct{} // closed when the event is written, or given up
	abandoned bool          // it was given up; valid after settled
}

// settle tells the caller that waits for e, if there is one, that its event is dealt with.
func (e *Entry) settle(abandoned bool) {
	if e.Waiter != nil {
		e.Waiter.abandoned = abandoned
		close(e.Waiter.Settled)
	}
}

// Await returns when e, which was pushed with this fate, is in the log or in the fallback, or when
// both hang.
func (w *Writer) Await(e *Entry, f Fate) {
	if f == Queued && !w.stuck.Load() {
		timer := time.NewTimer(SyncWait)
		defer timer.Stop()
		select {
		case <-e.Waiter.Settled:
			if !e.Waiter.abandoned {
				return
			}
		case <-timer.C:
			w.stuck.Store(true) // the next ones need not find out for themselves
		}
	}
	written := w.Rescue(e)
	switch {
	case f != Dropped: // it is counted already, or will be by the writer
	case written:
		w.written.Add(1)
	default:
		w.Queue.lostByWriter(e)
	}
}

// Rescue writes e to the fallback from the caller's goroutine, unless the fallback hangs. At most
// one goroutine is left behind by one that does.
func (w *Writer) Rescue(e *Entry) (written bool) {
	timer := time.NewTimer(SyncWait)
	defer timer.Stop()
	select {
	case w.fallbackLock <- struct{}{}:
	case <-timer.C:
		return false
	}
	done := make(chan error, 1)
	go func() {
		err := w.writeLine(e)
		<-w.fallbackLock
		done <- err
	}()
	select {
	case err := <-done:
		return err == nil
	case <-timer.C:
		return false
	}
}
