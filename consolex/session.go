package consolex

import (
	"errors"
	"fmt"
	"sync"
)

// A console holds the operations that UTF8 needs on a console.
type console interface {
	codePage() (CodePage, error)
	setCodePage(CodePage) error
	mode() (uint32, error) // of its output
	setMode(uint32) error
	close() error
}

// An opener opens the console of this process, or returns nil if there is none.
type opener func() (console, error)

// vtProcessing is ENABLE_VIRTUAL_TERMINAL_PROCESSING.
const vtProcessing = 0x4

// session is this process's use of its console.
var session consoleSession

// A consoleSession counts the users of the console in UTF-8 mode and records what to undo when the
// last of them leaves. It keeps no handle, because the console may disappear and be replaced by
// another one.
type consoleSession struct {
	mu    sync.Mutex
	users int
	open  opener
	page  CodePage // to set again at the end, or 0
	vt    bool     // escape sequences were switched on
}

// enter changes the console and returns the function that undoes the change. onEvent is called with
// the function to call on Ctrl+C, see consoleSession.interrupt.
func (s *consoleSession) enter(open opener, onEvent func(func() (resume func())) error) (leave func() error, err error) {
	c, err := open()
	if err != nil {
		return nop, fmt.Errorf("consolex: opening the console: %w", err)
	}
	if c == nil {
		return nop, nil
	}
	// Release the lock first: a running handler may wait for it while the system makes onEvent wait
	// for the handler.
	if err := onEvent(s.interrupt); err != nil {
		return nop, errors.Join(fmt.Errorf("consolex: installing a control handler: %w", err), c.close())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = open
	if err := errors.Join(s.change(c), c.close()); err != nil {
		if s.users == 0 {
			err = errors.Join(err, s.restore())
		}
		return nop, err
	}
	s.users++
	return sync.OnceValue(s.leave), nil
}

func nop() error { return nil }

func (s *consoleSession) leave() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users--; s.users > 0 {
		return nil
	}
	return s.restore()
}

// interrupt restores the console, because the process may be about to end. If the process
// continues, resume changes the console again for the remaining users.
func (s *consoleSession) interrupt() (resume func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users == 0 {
		return nil
	}
	s.restore() // there is no way to report the error
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.users == 0 {
			return
		}
		if c, err := s.open(); err == nil && c != nil {
			s.change(c)
			c.close()
		}
	}
}

// change sets the output code page to UTF-8 and enables escape sequences, unless that is already
// so, and records what to undo. Escape sequences are best effort: a legacy console has none.
func (s *consoleSession) change(c console) error {
	old, err := c.codePage()
	if err != nil {
		return fmt.Errorf("consolex: reading the output code page: %w", err)
	}
	if old != UTF8CP {
		if err := c.setCodePage(UTF8CP); err != nil {
			return fmt.Errorf("consolex: setting the output code page from %d to 65001: %w", old, err)
		}
		if now, err := c.codePage(); err != nil || now != UTF8CP {
			return errors.Join(fmt.Errorf("consolex: the console stays at output code page %d", now), err, c.setCodePage(old))
		}
		s.page = old
	}
	if mode, err := c.mode(); err == nil && mode&vtProcessing == 0 && c.setMode(mode|vtProcessing) == nil {
		s.vt = true
	}
	return nil
}

// restore undoes what change did, unless it has been changed since.
func (s *consoleSession) restore() (err error) {
	page, vt := s.page, s.vt
	s.page, s.vt = 0, false
	if page == 0 && !vt {
		return nil
	}
	c, err := s.open()
	if err != nil || c == nil {
		return nil // the console has gone
	}
	defer func() { err = errors.Join(err, c.close()) }()
	var errs []error
	if now, err := c.mode(); vt && err == nil && now&vtProcessing != 0 {
		if err := c.setMode(now &^ vtProcessing); err != nil {
			errs = append(errs, fmt.Errorf("consolex: restoring the console's mode: %w", err))
		}
	}
	if now, err := c.codePage(); page != 0 && err == nil && now == UTF8CP {
		if err := c.setCodePage(page); err != nil {
			errs = append(errs, fmt.Errorf("consolex: restoring the output code page %d: %w", page, err))
		}
	}
	return errors.Join(errs...)
}
