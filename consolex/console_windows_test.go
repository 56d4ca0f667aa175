package consolex

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"weak"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestWriterOnConsole(t *testing.T) {
	const text = "中文输出 ├─┤ naïve ✓"
	for _, cp := range []string{"437", "936", "1252", "65001"} {
		for _, step := range []string{"1", "100"} {
			lines := runHelper(t, "write", cp, step, text)
			assert.Equal(t, []string{text, cp}, lines, "code page %s, %s bytes at a time", cp, step)
		}
	}
}

// helpWrite writes text to a new console, step bytes at a time, and prints the screen and the final
// output code page.
func helpWrite(args []string) error {
	cp, step, text := parseCP(args[0]), int(parseCP(args[1])), args[2]
	screen, err := newConsole(cp)
	if err != nil {
		return err
	}
	w := NewWriter(screen, nil)
	for rest := text; rest != ""; {
		n := min(step, len(rest))
		if m, err := io.WriteString(w, rest[:n]); m != n || err != nil {
			return fmt.Errorf("wrote %d of %d: %w", m, n, err)
		}
		rest = rest[n:]
	}
	if err := w.Flush(); err != nil {
		return err
	}
	shown, err := screenText(screen, 60)
	fmt.Printf("%s\n%d\n", shown, outputCP())
	return err
}

// TestClosedConsole closes a console in use, which is the program's mistake, unlike an invalid
// handle.
func TestClosedConsole(t *testing.T) {
	f, err := os.OpenFile("NUL", os.O_RDWR, 0)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	w := &Writer{file: f, kind: Console, console: writeConsole}
	_, err = io.WriteString(w, "x")
	assert.ErrorIs(t, err, os.ErrClosed)
	_, err = readConsole(f, make([]uint16, 1))
	assert.ErrorIs(t, err, os.ErrClosed)
}

func TestUTF8OnConsole(t *testing.T) {
	lines := runHelper(t, "session")
	assert.Equal(t, []string{
		"during: 65001 vt=true",
		"inner restored: 65001 vt=true",
		"restored: 437 same mode=true",
		"again: 437 same mode=true",
		"another process's change stays: 850",
		"already 65001: 65001 after restore",
	}, lines)
}

func helpSession([]string) error {
	screen, err := newConsole(437)
	if err != nil {
		return err
	}
	before := modeOf(screen) &^ vtProcessing
	if err := windows.SetConsoleMode(windows.Handle(screen.Fd()), before); err != nil {
		return err
	}
	restore, err := UTF8()
	if err != nil {
		return err
	}
	fmt.Printf("during: %d vt=%t\n", outputCP(), modeOf(screen)&vtProcessing != 0)
	if err := With(func() error { return nil }); err != nil {
		return err
	}
	fmt.Printf("inner restored: %d vt=%t\n", outputCP(), modeOf(screen)&vtProcessing != 0)
	if err := restore(); err != nil {
		return err
	}
	fmt.Printf("restored: %d same mode=%t\n", outputCP(), modeOf(screen) == before)
	if err := restore(); err != nil {
		return err
	}
	fmt.Printf("again: %d same mode=%t\n", outputCP(), modeOf(screen) == before)

	err = With(func() error { return windows.SetConsoleOutputCP(850) })
	fmt.Printf("another process's change stays: %d\n", outputCP())
	if err != nil {
		return err
	}
	if err := windows.SetConsoleOutputCP(65001); err != nil {
		return err
	}
	err = With(func() error { return nil })
	fmt.Printf("already 65001: %d after restore\n", outputCP())
	return err
}

func TestCtrlCRestores(t *testing.T) {
	assert.Equal(t, []string{"during: 65001", "after: 437, same mode: true, died: true"}, runHelper(t, "ctrl", "0"))
}

func TestCtrlBreakRestores(t *testing.T) {
	testenv.NeedWindows(t, "may hang a process that gets Ctrl+Break")
	assert.Equal(t, []string{"during: 65001", "after: 437, same mode: true, died: true"}, runHelper(t, "ctrl", "1"))
}

// helpCtrl shares a console with a child that has called UTF8 and is ended by an event:
// CTRL_C_EVENT or CTRL_BREAK_EVENT.
func helpCtrl(args []string) error {
	event := parseCP(args[0])
	screen, err := newConsole(437)
	if err != nil {
		return err
	}
	before := modeOf(screen) &^ vtProcessing
	if err := windows.SetConsoleMode(windows.Handle(screen.Fd()), before); err != nil {
		return err
	}
	if err := ignoreCtrlC(false); err != nil { // a CI runner may have made us ignore it
		return err
	}
	child := self("utf8")
	ready, err := child.StdoutPipe()
	if err != nil {
		return err
	}
	hold, err := child.StdinPipe() // the child exits at end of input
	if err != nil {
		return err
	}
	defer hold.Close()
	if err := child.Start(); err != nil {
		return err
	}
	if _, err := bufio.NewReader(ready).ReadString('\n'); err != nil {
		return err
	}
	fmt.Printf("during: %d\n", outputCP())
	if err := ignoreCtrlC(true); err != nil {
		return err
	}
	signal.Ignore(os.Interrupt) // ignoreCtrlC does not cover Ctrl+Break
	if err := windows.GenerateConsoleCtrlEvent(event, 0); err != nil {
		return err
	}
	err = child.Wait()
	fmt.Printf("after: %d, same mode: %t, died: %t\n", outputCP(), modeOf(screen) == before, err != nil)
	return nil
}

// helpUTF8 calls UTF8 and restores the console at the end of its input.
func helpUTF8([]string) error {
	restore, err := UTF8()
	if err != nil {
		return err
	}
	defer restore()
	fmt.Println("ready")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return restore()
}

func TestTwoProcessesRestoreCodePage(t *testing.T) {
	assert.Equal(t, []string{
		"both: 65001", "first left: 437", "second left: 437",
		"both: 65001", "second left: 65001", "first left: 437",
	}, runHelper(t, "pipeline"))
}

// helpPipeline has two children change and restore its console, interleaved.
func helpPipeline([]string) error {
	if _, err := newConsole(437); err != nil {
		return err
	}
	names := [2]string{"first", "second"}
	for _, order := range [][2]int{{0, 1}, {1, 0}} {
		var leave [2]func() error
		for i := range leave {
			child := self("utf8")
			ready, err := child.StdoutPipe()
			if err != nil {
				return err
			}
			hold, err := child.StdinPipe()
			if err != nil {
				return err
			}
			if err := child.Start(); err != nil {
				return err
			}
			if _, err := bufio.NewReader(ready).ReadString('\n'); err != nil {
				return err
			}
			leave[i] = func() error { hold.Close(); return child.Wait() }
		}
		fmt.Printf("both: %d\n", outputCP())
		for _, i := range order {
			if err := leave[i](); err != nil {
				return err
			}
			fmt.Printf("%s left: %d\n", names[i], outputCP())
		}
	}
	return nil
}

// TestCodePageChangedByOtherProcess checks that our output is not affected if another process on the
// console changes the code page in the middle of it, even in the middle of a rune, and that the
// other process's setting is kept.
func TestCodePageChangedByOtherProcess(t *testing.T) {
	assert.Equal(t, []string{
		"中文 after 437", "child code page 936, decoded 中文",
		"restored: 936", "and again: 65001, restored: 936",
	}, runHelper(t, "recode"))
}

func helpRecode([]string) error {
	screen, err := newConsole(437)
	if err != nil {
		return err
	}
	restore, err := UTF8()
	if err != nil {
		return err
	}
	w := NewWriter(screen, nil)
	const text = "中文"
	for i := range len(text) {
		if _, err := io.WriteString(w, text[i:i+1]); err != nil {
			return err
		}
		if err := self("chcp", []string{"437", "936", "1252"}[i%3]).Run(); err != nil {
			return err
		}
	}
	if err := self("chcp", "437").Run(); err != nil {
		return err
	}
	shown, err := screenText(screen, 40)
	if err != nil {
		return err
	}
	fmt.Printf("%s after %d\n", shown, outputCP())
	if err := self("chcp", "936").Run(); err != nil {
		return err
	}
	decoded, err := io.ReadAll(NewDecoder(strings.NewReader("\xd6\xd0\xce\xc4"), Auto))
	if err != nil {
		return err
	}
	fmt.Printf("child code page %d, decoded %s\n", ChildOf(nil), decoded)
	if err := restore(); err != nil {
		return err
	}
	fmt.Printf("restored: %d\n", outputCP())
	if restore, err = UTF8(); err != nil {
		return err
	}
	fmt.Printf("and again: %d, ", outputCP())
	err = restore()
	fmt.Printf("restored: %d\n", outputCP())
	return err
}

// helpChcp sets the code page of the console that it shares with its parent.
func helpChcp(args []string) error { return windows.SetConsoleOutputCP(parseCP(args[0])) }

func TestAttachParent(t *testing.T) {
	assert.Equal(t, []string{
		"console: none to console <nil> 附加到父进程 old input kept true",
		"pipe: pipe to pipe <nil> 附加到父进程 old input kept true",
		"attached again: <nil>",
	}, runHelper(t, "attach"))
}

// helpAttach starts a process without a console, like one built with -H windowsgui, with and
// without redirected output, and prints what it wrote to the screen and to the pipe.
func helpAttach([]string) error {
	screen, err := newConsole(936)
	if err != nil {
		return err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	for _, stdout := range []*os.File{nil, w} {
		p, err := os.StartProcess(os.Args[0], os.Args[:1], &os.ProcAttr{
			Env:   append(os.Environ(), "SUREFOOT_TEST_HELPER=attached"),
			Files: []*os.File{nil, stdout, nil},
			Sys:   &syscall.SysProcAttr{CreationFlags: windows.DETACHED_PROCESS},
		})
		if err != nil {
			return err
		}
		if _, err := p.Wait(); err != nil {
			return err
		}
	}
	w.Close()
	shown, err := screenText(screen, 80)
	if err != nil {
		return err
	}
	piped, err := io.ReadAll(r)
	fmt.Println("console:", shown)
	fmt.Println("pipe:", string(piped))
	fmt.Println("attached again:", AttachParent())
	return err
}

func helpAttached([]string) error {
	before, old := KindOf(os.Stdout), weak.Make(os.Stdin)
	err := AttachParent()
	for range 3 {
		runtime.GC()
	}
	_, werr := fmt.Fprint(Stdout(), before, " to ", KindOf(os.Stdout), " ", err, " 附加到父进程 old input kept ", old.Value() != nil)
	return errors.Join(err, werr)
}

func TestAttachParentWithoutConsole(t *testing.T) {
	lines := runHelper(t, "orphan")
	assert.Equal(t, []string{"true true"}, lines)
}

// helpOrphan starts a process without a console from one that has no console either.
func helpOrphan([]string) error {
	freeConsole.Call()
	child := self("no console")
	child.Stdout = os.Stdout
	child.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.DETACHED_PROCESS}
	return child.Run()
}

func helpNoConsole([]string) error {
	attached := AttachParent()
	restore, err := UTF8()
	fmt.Println(errors.Is(attached, ErrNoConsole), err == nil && restore() == nil)
	return nil
}

func TestKindOf(t *testing.T) {
	dir := t.TempDir()
	file, err := os.Create(dir + `\f`)
	require.NoError(t, err)
	defer file.Close()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	defer w.Close()
	null, err := os.OpenFile("NUL", os.O_RDWR, 0)
	require.NoError(t, err)
	defer null.Close()
	closed, err := os.Open(dir)
	require.NoError(t, err)
	closed.Close()
	for _, test := range []struct {
		name string
		f    *os.File
		want Kind
	}{
		{"nil", nil, None}, {"NULL handle", os.NewFile(0, "stdout"), None}, {"closed", closed, None},
		{"dead handle", os.NewFile(0xFFF4, "stdout"), None},
		{"file", file, File}, {"pipe's read end", r, Pipe}, {"pipe's write end", w, Pipe}, {"NUL", null, Null},
	} {
		assert.Equal(t, test.want, KindOf(test.f), test.name)
	}
	assert.Equal(t, []string{"CONOUT$ console", "CONIN$ console"}, runHelper(t, "kinds"))
}

func TestKindOfMSYS(t *testing.T) {
	for name, want := range map[string]Kind{
		fmt.Sprintf(`msys-%016x-pty0-to-master`, os.Getpid()):     MSYS,
		fmt.Sprintf(`cygwin-%016x-pty1-from-master`, os.Getpid()): MSYS,
		fmt.Sprintf(`surefoot-%016x-pty1-to-master`, os.Getpid()): Pipe,
	} {
		path, err := windows.UTF16PtrFromString(`\\.\pipe\` + name)
		require.NoError(t, err)
		h, err := windows.CreateNamedPipe(path, windows.PIPE_ACCESS_DUPLEX, windows.PIPE_TYPE_BYTE, 1, 512, 512, 0, nil)
		require.NoError(t, err)
		f := os.NewFile(uintptr(h), name)
		assert.Equal(t, want, KindOf(f), name)
		assert.NoError(t, f.Close())
	}
}

func helpKinds([]string) error {
	screen, err := newConsole(437)
	if err != nil {
		return err
	}
	keyboard, err := os.OpenFile("CONIN$", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	fmt.Println("CONOUT$", KindOf(screen))
	fmt.Println("CONIN$", KindOf(keyboard))
	return nil
}
