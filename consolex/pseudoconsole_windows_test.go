package consolex

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// A pseudoConsole is a console whose screen and keyboard are pipes.
type pseudoConsole struct {
	keyboard *os.File
	mu       sync.Mutex
	screen   strings.Builder // everything drawn, including escape sequences
}

// inPseudoConsole runs a helper on a pseudo console.
func inPseudoConsole(t *testing.T, helper string, args ...string) (*pseudoConsole, *os.Process) {
	input, keyboard, err := os.Pipe()
	require.NoError(t, err)
	screen, output, err := os.Pipe()
	require.NoError(t, err)
	var pc windows.Handle
	err = windows.CreatePseudoConsole(windows.Coord{X: 100, Y: 30}, windows.Handle(input.Fd()), windows.Handle(output.Fd()), 0, &pc)
	require.NoError(t, err)
	input.Close()
	output.Close()

	attributes, err := windows.NewProcThreadAttributeList(1)
	require.NoError(t, err)
	defer attributes.Delete()
	// The attribute's value is the handle itself, not a pointer to one.
	require.NoError(t, attributes.Update(windows.PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE, *(*unsafe.Pointer)(unsafe.Pointer(&pc)), unsafe.Sizeof(pc)))
	start := windows.StartupInfoEx{ProcThreadAttributeList: attributes.List()}
	start.Cb = uint32(unsafe.Sizeof(start))
	start.Flags = windows.STARTF_USESTDHANDLES // with none set, so that this process's are not inherited
	line, err := windows.UTF16PtrFromString(windows.ComposeCommandLine(append([]string{os.Args[0]}, args...)))
	require.NoError(t, err)
	os.Setenv("SUREFOOT_TEST_HELPER", helper)
	var process windows.ProcessInformation
	err = windows.CreateProcess(nil, line, nil, nil, false, windows.EXTENDED_STARTUPINFO_PRESENT, nil, nil, &start.StartupInfo, &process)
	os.Unsetenv("SUREFOOT_TEST_HELPER")
	require.NoError(t, err)
	p, err := os.FindProcess(int(process.ProcessId))
	require.NoError(t, err)
	windows.CloseHandle(process.Thread)
	windows.CloseHandle(process.Process)

	c := &pseudoConsole{keyboard: keyboard}
	drawn := make(chan struct{})
	go func() {
		defer close(drawn)
		io.Copy(writerFunc(func(p []byte) (int, error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.screen.Write(p)
		}), screen)
	}()
	t.Cleanup(func() {
		p.Kill()
		keyboard.Close()
		windows.ClosePseudoConsole(pc)
		screen.Close()
		<-drawn
	})
	return c, p
}

func (c *pseudoConsole) shows(text string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Contains(c.screen.String(), text)
}

func (c *pseudoConsole) all() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.screen.String()
}

// waitFor waits until the screen has shown text.
func (c *pseudoConsole) waitFor(t *testing.T, text string) {
	t.Helper()
	if !assert.Eventually(t, func() bool { return c.shows(text) }, 20*time.Second, 10*time.Millisecond) {
		require.Failf(t, "not shown", "%q is not in %q", text, c.all())
	}
}

func (c *pseudoConsole) enter(t *testing.T, keys string) {
	t.Helper()
	_, err := io.WriteString(c.keyboard, keys)
	require.NoError(t, err)
}

func TestPseudoConsole(t *testing.T) {
	report := filepath.Join(t.TempDir(), "report")
	c, p := inPseudoConsole(t, "dialogue", report)
	c.waitFor(t, "中文输出 ├─┤ 请输入")
	c.enter(t, "你好 é\r")
	c.waitFor(t, "1 is read")
	c.enter(t, "a line\r")
	c.waitFor(t, "2 is read")
	c.enter(t, "\x1a\r")
	state, err := p.Wait()
	require.NoError(t, err)
	assert.True(t, state.Success(), state)
	got, err := os.ReadFile(report)
	require.NoError(t, err)
	assert.Equal(t, `kinds console console
"你好 é\r\n" <nil>
"a line\r\n" <nil>
"" EOF
`, string(got))
}

func TestCtrlCIsNotEOF(t *testing.T) {
	testenv.NeedWindows(t, "does not make Ctrl+C of a pseudo console's 0x03")
	report := filepath.Join(t.TempDir(), "report")
	c, p := inPseudoConsole(t, "dialogue", report)
	c.waitFor(t, "中文输出")
	c.enter(t, "\x03")
	c.waitFor(t, "interrupted")
	c.enter(t, "after\r")
	c.waitFor(t, "1 is read")
	c.enter(t, "\x1a\r")
	_, err := p.Wait()
	require.NoError(t, err)
	got, err := os.ReadFile(report)
	require.NoError(t, err)
	assert.Equal(t, "kinds console console\n\"after\\r\\n\" <nil>\n\"\" EOF\n", string(got))
}

// helpDialogue talks to the user at its console and reports to a file.
func helpDialogue(args []string) error {
	report, err := os.Create(args[0])
	if err != nil {
		return err
	}
	defer report.Close()
	screen, err := os.OpenFile("CONOUT$", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if os.Stdin, err = os.OpenFile("CONIN$", os.O_RDWR, 0); err != nil {
		return err
	}
	if err := ignoreCtrlC(false); err != nil { // the parent may have made us ignore it
		return err
	}
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	w := NewWriter(screen, nil)
	go func() {
		for range interrupts {
			fmt.Fprintln(w, "interrupted")
		}
	}()
	fmt.Fprintln(report, "kinds", KindOf(screen), KindOf(os.Stdin))
	fmt.Fprintln(w, "中文输出 ├─┤ 请输入")
	buf := make([]byte, 100)
	for i := 1; err == nil; i++ {
		var n int
		n, err = Stdin().Read(buf)
		fmt.Fprintf(report, "%q %v\n", buf[:n], err)
		fmt.Fprintln(w, i, "is read")
	}
	return nil
}
