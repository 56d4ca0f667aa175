package queue

import "time"

// SyncWait is the time that Handle waits for the log, and then for the fallback, for an event
// covered by HandlerOptions.Sync.
const SyncWait = 2 * time.Second

// Waiter is a call of Handle that waits until its event is written.
type Waiter struct {
	Settled   chan struct{} // closed when the event is written or dropped
	abandoned bool          // the event was dropped; valid after Settled is closed
}

// settle notifies the caller that waits for e, if any.
func (e *Entry) settle(abandoned bool) {
	if e.Waiter != nil {
		e.Waiter.abandoned = abandoned
		close(e.Waiter.Settled)
	}
}

// Await waits until e, which was pushed with this fate, is in the log or in the fallback, or both
// hang.
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
			w.stuck.Store(true) // later events need not wait
		}
	}
	written := w.Rescue(e)
	switch {
	case f != Dropped: // already counted, or counted later by the writer
	case written:
		w.written.Add(1)
	default:
		w.Queue.lostByWriter(e)
	}
}

// Rescue writes e to the fallback on behalf of the caller, unless the fallback hangs. At most one
// goroutine is left behind in a hanging fallback.
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
