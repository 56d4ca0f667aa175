package eventx

import "time"

// syncWait is how long an event of HandlerOptions.Sync waits for the log, and then for the fallback.
const syncWait = 2 * time.Second

// waiter is the call of Handle that waits until its event is written.
type waiter struct {
	settled   chan struct{} // closed when the event is written, or given up
	abandoned bool          // it was given up; valid after settled
}

// settle tells the caller that waits for e, if there is one, that its event is dealt with.
func (e *entry) settle(abandoned bool) {
	if e.waiter != nil {
		e.waiter.abandoned = abandoned
		close(e.waiter.settled)
	}
}

// await returns when e, which was pushed with this fate, is in the log or in the fallback, or when both
// hang.
func (w *writer) await(e *entry, f fate) {
	if f == queued && !w.stuck.Load() {
		timer := time.NewTimer(syncWait)
		defer timer.Stop()
		select {
		case <-e.waiter.settled:
			if !e.waiter.abandoned {
				return
			}
		case <-timer.C:
			w.stuck.Store(true) // the next ones need not find out for themselves
		}
	}
	written := w.rescue(e)
	switch {
	case f != dropped: // it is counted already, or will be by the writer
	case written:
		w.written.Add(1)
	default:
		w.queue.lostByWriter(e)
	}
}

// rescue writes e to the fallback from the caller's goroutine, unless the fallback hangs. At most one
// goroutine is left behind by one that does.
func (w *writer) rescue(e *entry) (written bool) {
	timer := time.NewTimer(syncWait)
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
