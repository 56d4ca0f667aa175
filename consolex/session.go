package consolex

import (
	"errors"
	"fmt"
	"sync"
)

// A console is what UTF8 needs to know and to change of a console.
type console interface {
	codePage() (CodePage, error)
	setCodePage(CodePage) error
	mode() (uint32, error) // of its output
	setMode(uint32) error
	onEnd(f func()) error // have f called on Ctrl+C, Ctrl+Break and close
	close() error
}

// vtProcessing is ENABLE_VIRTUAL_TERMINAL_PROCESSING.
const vtProcessing = 0x4

// session is this process's use of its console.
var session consoleSession

// A consoleSession counts those who need the console in UTF-8 and knows what has
// to be undone when the last of them leaves.
type consoleSession struct {
	mu    sync.Mutex
	users int
	undo  []func() error
}

// enter changes the console that open returns, if it returns one, and returns
// the function that undoes that.
func (s *consoleSession) enter(open func() (console, error)) (leave func() error, err error) {
	c, err := open()
	if err != nil {
		return nop, fmt.Errorf("consolex: opening the console: %w", err)
	}
	if c == nil {
		return nop, nil
	}
	// Not under the lock: a handler that runs may wait for it while the system
	// makes onEnd wait for the handler.
	if err := c.onEnd(s.end); err != nil {
		return nop, errors.Join(fmt.Errorf("consolex: installing a control handler: %w", err), c.close())
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	mark := len(s.undo)
	s.undo = append(s.undo, c.close)
	for _, change := range []func(console) (func() error, error){changeCodePage, changeMode} {
		undo, err := change(c)
		if err != nil {
			return nop, errors.Join(err, s.undoTo(mark))
		}
		if undo != nil {
			s.undo = append(s.undo, undo)
		}
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
	return s.undoTo(0)
}

// end undoes everything, though there may be users: the process is about to end.
func (s *consoleSession) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.undoTo(0) // nobody is left who could be told
}

func (s *consoleSession) undoTo(mark int) error {
	var errs []error
	for i := len(s.undo) - 1; i >= mark; i-- {
		errs = append(errs, s.undo[i]())
	}
	s.undo = s.undo[:mark]
	return errors.Join(errs...)
}

// changeCodePage sets the output code page to UTF-8. It returns nil where that
// was so, or how to undo it.
func changeCodePage(c console) (undo func() error, err error) {
	old, err := c.codePage()
	if err != nil {
		return nil, fmt.Errorf("consolex: reading the output code page: %w", err)
	}
	if old == UTF8CP {
		return nil, nil
	}
	if err := c.setCodePage(UTF8CP); err != nil {
		return nil, fmt.Errorf("consolex: setting the output code page from %d to 65001: %w", old, err)
	}
	undo = func() error {
		if now, err := c.codePage(); err != nil || now != UTF8CP {
			return nil // gone, or somebody else's by now
		}
		if err := c.setCodePage(old); err != nil {
			return fmt.Errorf("consolex: restoring the output code page %d: %w", old, err)
		}
		return nil
	}
	if now, err := c.codePage(); err != nil || now != UTF8CP {
		return nil, errors.Join(fmt.Errorf("consolex: the console stays at output code page %d", now), err, undo())
	}
	return undo, nil
}

// changeMode switches escape sequences on. It returns nil where that was so, or
// how to undo it.
func changeMode(c console) (undo func() error, err error) {
	old, err := c.mode()
	if err != nil {
		return nil, fmt.Errorf("consolex: reading the console's mode: %w", err)
	}
	if old&vtProcessing != 0 {
		return nil, nil
	}
	if err := c.setMode(old | vtProcessing); err != nil {
		return nil, fmt.Errorf("consolex: setting virtual terminal processing (a legacy console?): %w: %w", errors.ErrUnsupported, err)
	}
	return func() error {
		now, err := c.mode()
		if err != nil || now&vtProcessing == 0 {
			return nil // gone, or somebody else's by now
		}
		if err := c.setMode(now &^ vtProcessing); err != nil {
			return fmt.Errorf("consolex: restoring the console's mode: %w", err)
		}
		return nil
	}, nil
}
