package consolex

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"golang.org/x/sys/windows"
)

// TestWithLeaksNoHandles calls With 1,000 times within UTF8, like a program that starts children.
func TestWithLeaksNoHandles(t *testing.T) {
	assert.Equal(t, []string{"many handles more: false", "restored: 437"}, runHelper(t, "handles"))
}

func helpHandles([]string) error {
	if _, err := newConsole(437); err != nil {
		return err
	}
	restore, err := UTF8()
	if err != nil {
		return err
	}
	with := func() error { return With(func() error { return nil }) }
	if err := with(); err != nil { // one-time allocations
		return err
	}
	before, err := nextHandle()
	if err != nil {
		return err
	}
	for range 1000 {
		if err := with(); err != nil {
			return err
		}
	}
	after, err := nextHandle()
	if err != nil {
		return err
	}
	fmt.Println("many handles more:", int64(after)-int64(before) > 4*100)
	err = restore()
	fmt.Println("restored:", outputCP())
	return err
}

// nextHandle returns the value of the next handle. Values are multiples of four and are reused,
// roughly lowest first. GetProcessHandleCount does not work under Wine.
func nextHandle() (windows.Handle, error) {
	h, err := windows.CreateEvent(nil, 0, 0, nil)
	if err != nil {
		return 0, err
	}
	return h, windows.CloseHandle(h)
}

// TestWriterAfterFreeConsole checks that output continues in the fallback, and that a write-only
// handle is recognized as a console's.
func TestWriterAfterFreeConsole(t *testing.T) {
	assert.Equal(t, []string{
		"write-only: console",
		"on the screen: 中文",
		"freed: none",
		"kept: 后来 <nil>",
		"and more <nil>",
	}, runHelper(t, "gone"))
}

func helpGone([]string) error {
	screen, err := newConsole(936)
	if err != nil {
		return err
	}
	name, err := windows.UTF16PtrFromString("CONOUT$")
	if err != nil {
		return err
	}
	h, err := windows.CreateFile(name, windows.GENERIC_WRITE, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE, nil, windows.OPEN_EXISTING, 0, 0)
	if err != nil {
		return err
	}
	only := os.NewFile(uintptr(h), "CONOUT$")
	fmt.Println("write-only:", KindOf(only))
	var fallback strings.Builder
	w := NewWriter(only, &WriterOptions{Fallback: &fallback})
	if _, err := io.WriteString(w, "中文"); err != nil {
		return err
	}
	shown, err := screenText(screen, 20)
	if err != nil {
		return err
	}
	fmt.Println("on the screen:", shown)
	freeConsole.Call()
	fmt.Println("freed:", KindOf(screen))
	w = NewWriter(screen, &WriterOptions{Fallback: &fallback})
	w.kind = Console // as while the console existed
	_, err = io.WriteString(w, "后来")
	fmt.Println("kept:", fallback.String(), err)
	fallback.Reset()
	_, err = io.WriteString(w, "and more")
	fmt.Println(fallback.String(), err)
	return nil
}

// TestCtrlCHandledByProgram checks that the console of a program that handles the signal stays
// in UTF-8 until the program restores it.
func TestCtrlCHandledByProgram(t *testing.T) {
	assert.Equal(t, []string{"signal: interrupt", "after: 65001", "again: 65001", "inner restored: 65001", "restored: 437"}, runHelper(t, "survive"))
}

func helpSurvive([]string) error {
	if _, err := newConsole(437); err != nil {
		return err
	}
	if err := ignoreCtrlC(false); err != nil { // a CI runner may have made us ignore it
		return err
	}
	restore, err := UTF8()
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt)
	if err := windows.GenerateConsoleCtrlEvent(windows.CTRL_C_EVENT, 0); err != nil {
		return err
	}
	fmt.Println("signal:", <-signals)
	for start := time.Now(); outputCP() != 65001 && time.Since(start) < 20*time.Second; {
		time.Sleep(time.Millisecond)
	}
	fmt.Printf("after: %d\n", outputCP())
	again, err := UTF8()
	if err != nil {
		return err
	}
	fmt.Printf("again: %d\n", outputCP())
	if err := again(); err != nil {
		return err
	}
	fmt.Printf("inner restored: %d\n", outputCP())
	err = restore()
	fmt.Printf("restored: %d\n", outputCP())
	return err
}
