package consolex

import (
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A fakeSession is a console that can fail and be changed by other processes.
type fakeSession struct {
	cp      CodePage
	bits    uint32
	fail    map[string]error // by method
	deaf    bool             // ignores setCodePage without an error
	handler func() (resume func())
	open    int
	sets    int
}

func (c *fakeSession) codePage() (CodePage, error) { return c.cp, c.fail["codePage"] }

func (c *fakeSession) setCodePage(cp CodePage) error {
	if err := c.fail["setCodePage"]; err != nil {
		return err
	}
	c.sets++
	if !c.deaf {
		c.cp = cp
	}
	return nil
}

func (c *fakeSession) mode() (uint32, error) { return c.bits, c.fail["mode"] }

func (c *fakeSession) setMode(m uint32) error {
	if err := c.fail["setMode"]; err != nil {
		return err
	}
	c.sets++
	c.bits = m
	return nil
}

func (c *fakeSession) onEvent(interrupt func() (resume func())) error {
	c.handler = interrupt
	return c.fail["onEvent"]
}

func (c *fakeSession) close() error {
	c.open--
	return c.fail["close"]
}

func (c *fakeSession) opener() func() (console, error) {
	return func() (console, error) {
		if err := c.fail["open"]; err != nil {
			return nil, err
		}
		c.open++
		return c, nil
	}
}

// classic is a mode without vtProcessing: processed output, wrap at the end.
const classic = 0x3

func TestSession(t *testing.T) {
	var s consoleSession
	c := &fakeSession{cp: 936, bits: classic}
	outer, err := s.enter(c.opener(), c.onEvent)
	require.NoError(t, err)
	assert.Equal(t, UTF8CP, c.cp)
	assert.EqualValues(t, classic|vtProcessing, c.bits)

	inner, err := s.enter(c.opener(), c.onEvent)
	require.NoError(t, err)
	require.NoError(t, outer())
	require.NoError(t, outer(), "idempotent: it does not leave on behalf of the other user")
	assert.Equal(t, UTF8CP, c.cp, "still needed")
	require.NoError(t, inner())
	assert.EqualValues(t, 936, c.cp)
	assert.EqualValues(t, classic, c.bits)
	assert.Zero(t, c.open, "all handles closed")
}

func TestSessionChangesOnlyWhatIsNeeded(t *testing.T) {
	var s consoleSession
	c := &fakeSession{cp: UTF8CP, bits: classic | vtProcessing}
	leave, err := s.enter(c.opener(), c.onEvent)
	require.NoError(t, err)
	require.NoError(t, leave())
	assert.Zero(t, c.sets)
}

func TestSessionKeepsOtherProcessesChanges(t *testing.T) {
	var s consoleSession
	c := &fakeSession{cp: 936, bits: classic}
	leave, err := s.enter(c.opener(), c.onEvent)
	require.NoError(t, err)
	c.cp, c.bits = 850, 0x1
	inner, err := s.enter(c.opener(), c.onEvent)
	require.NoError(t, err)
	assert.Equal(t, UTF8CP, c.cp, "set once more")
	require.NoError(t, inner())
	require.NoError(t, leave())
	assert.EqualValues(t, 850, c.cp)
	assert.EqualValues(t, 0x1, c.bits)

	leave, err = s.enter(c.opener(), c.onEvent)
	require.NoError(t, err)
	c.bits |= 0x8 // a bit that another program set stays when ours goes
	require.NoError(t, leave())
	assert.EqualValues(t, 0x9, c.bits)
}

func TestSessionEndsOnSignal(t *testing.T) {
	var s consoleSession
	c := &fakeSession{cp: 936, bits: classic}
	leave, err := s.enter(c.opener(), c.onEvent)
	require.NoError(t, err)
	c.handler()
	assert.EqualValues(t, 936, c.cp)
	assert.EqualValues(t, classic, c.bits)
	c.handler()
	require.NoError(t, leave())
	assert.Zero(t, c.open)
	assert.Nil(t, c.handler(), "no one uses the console")

	// A program that handles the signal continues.
	outer, err := s.enter(c.opener(), c.onEvent)
	require.NoError(t, err)
	resume := c.handler()
	assert.EqualValues(t, 936, c.cp)
	resume()
	assert.Equal(t, UTF8CP, c.cp)
	assert.EqualValues(t, classic|vtProcessing, c.bits)
	inner, err := s.enter(c.opener(), c.onEvent)
	require.NoError(t, err)
	resume = c.handler()
	require.NoError(t, inner())
	require.NoError(t, outer())
	resume()
	assert.EqualValues(t, 936, c.cp, "the last user has left in the meantime")
	assert.EqualValues(t, classic, c.bits)
	assert.Zero(t, c.open)

	leave, err = s.enter(c.opener(), c.onEvent) // a program that survives Ctrl+C can enter again
	require.NoError(t, err)
	assert.Equal(t, UTF8CP, c.cp)
	require.NoError(t, leave())
	assert.EqualValues(t, 936, c.cp)
}

func TestSessionFailures(t *testing.T) {
	failure := errors.New("test")
	for _, method := range []string{"open", "onEvent", "codePage", "setCodePage", "close"} {
		var s consoleSession
		c := &fakeSession{cp: 936, bits: classic, fail: map[string]error{method: failure}}
		leave, err := s.enter(c.opener(), c.onEvent)
		assert.ErrorIs(t, err, failure, method)
		assert.EqualValues(t, 936, c.cp, method)
		assert.EqualValues(t, classic, c.bits, method)
		assert.Zero(t, c.open, method)
		require.NotNil(t, leave, method)
		assert.NoError(t, leave(), method)
	}

	for _, method := range []string{"mode", "setMode"} { // a legacy console
		var s consoleSession
		c := &fakeSession{cp: 936, bits: classic, fail: map[string]error{method: failure}}
		leave, err := s.enter(c.opener(), c.onEvent)
		require.NoError(t, err, method)
		assert.Equal(t, UTF8CP, c.cp, method)
		require.NoError(t, leave(), method)
		assert.EqualValues(t, 936, c.cp, method)
		assert.EqualValues(t, classic, c.bits, method)
	}

	var s consoleSession
	c := &fakeSession{cp: 936, bits: classic, deaf: true}
	_, err := s.enter(c.opener(), c.onEvent)
	assert.ErrorContains(t, err, "stays at output code page 936")

	for _, method := range []string{"setCodePage", "setMode", "close"} {
		var s consoleSession
		c := &fakeSession{cp: 936, bits: classic}
		leave, err := s.enter(c.opener(), c.onEvent)
		require.NoError(t, err)
		c.fail = map[string]error{method: failure}
		assert.ErrorIs(t, leave(), failure, method)
		assert.Zero(t, c.open, "%s: the others are undone nevertheless", method)
	}

	c = &fakeSession{cp: 936, bits: classic}
	leave, err := s.enter(c.opener(), c.onEvent)
	require.NoError(t, err)
	c.fail = map[string]error{"codePage": failure, "mode": failure}
	assert.NoError(t, leave(), "a console that is gone needs no restoring")
}

func TestSessionConcurrently(t *testing.T) {
	var s consoleSession
	c := &fakeSession{cp: 936, bits: classic}
	open := func() (console, error) { return quiet{c}, nil }
	var wg sync.WaitGroup
	onEvent := func(func() (resume func())) error { return nil }
	for range 8 {
		wg.Go(func() {
			for range 100 {
				leave, err := s.enter(open, onEvent)
				assert.NoError(t, err)
				assert.NoError(t, leave())
			}
		})
	}
	wg.Wait()
	assert.EqualValues(t, 936, c.cp)
	assert.EqualValues(t, classic, c.bits)
}

// quiet disables the counters that a fakeSession updates outside of the session's lock.
type quiet struct{ *fakeSession }

func (quiet) close() error { return nil }

func TestWith(t *testing.T) {
	called := false
	require.NoError(t, With(func() error { called = true; return nil }))
	assert.True(t, called)
	failure := errors.New("test")
	assert.Same(t, failure, With(func() error { return failure }), "not wrapped")
	assert.PanicsWithError(t, "test", func() { With(func() error { panic(failure) }) })
}
