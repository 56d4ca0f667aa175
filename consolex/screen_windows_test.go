package consolex

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

var (
	kernel32                    = windows.NewLazySystemDLL("kernel32.dll")
	allocConsole                = kernel32.NewProc("AllocConsole")
	freeConsole                 = kernel32.NewProc("FreeConsole")
	readConsoleOutputCharacterW = kernel32.NewProc("ReadConsoleOutputCharacterW")
	setConsoleCtrlHandler       = kernel32.NewProc("SetConsoleCtrlHandler")
)

// systemHelpers run in separate processes, since a console belongs to a process.
var systemHelpers = map[string]func([]string) int{
	"write":      helper(helpWrite),
	"session":    helper(helpSession),
	"ctrl":       helper(helpCtrl),
	"pipeline":   helper(helpPipeline),
	"recode":     helper(helpRecode),
	"chcp":       helper(helpChcp),
	"utf8":       helper(helpUTF8),
	"attach":     helper(helpAttach),
	"attached":   helper(helpAttached),
	"orphan":     helper(helpOrphan),
	"no console": helper(helpNoConsole),
	"kinds":      helper(helpKinds),
	"handles":    helper(helpHandles),
	"gone":       helper(helpGone),
	"survive":    helper(helpSurvive),
	"child":      helper(helpChild),
	"dialogue":   helper(helpDialogue),
}

func helper(f func(args []string) error) func([]string) int {
	return func(args []string) int {
		if err := f(args); err != nil {
			fmt.Fprintln(os.Stderr, "helper:", err)
			return 1
		}
		return 0
	}
}

// runHelper runs a helper and returns the lines that it prints.
func runHelper(t *testing.T, name string, args ...string) []string {
	t.Helper()
	cmd := testenv.Command(t, name, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%s\n%s", out, &stderr)
	return strings.Split(strings.TrimRight(strings.ReplaceAll(string(out), "\r\n", "\n"), "\n"), "\n")
}

// newConsole creates a console for this process, with the given output code page, and returns its
// screen.
func newConsole(cp uint32) (*os.File, error) {
	freeConsole.Call() // fails if there was none
	if ok, _, err := allocConsole.Call(); ok == 0 {
		return nil, fmt.Errorf("AllocConsole: %w", err)
	}
	if err := windows.SetConsoleOutputCP(cp); err != nil {
		return nil, fmt.Errorf("SetConsoleOutputCP(%d): %w", cp, err)
	}
	return os.OpenFile("CONOUT$", os.O_RDWR, 0)
}

// screenText reads the first n cells of the screen. A wide character fills two cells and may be
// returned twice.
func screenText(screen *os.File, n int) (string, error) {
	cells := make([]uint16, n)
	var read uint32
	ok, _, err := readConsoleOutputCharacterW.Call(screen.Fd(), uintptr(unsafe.Pointer(&cells[0])), uintptr(n), 0, uintptr(unsafe.Pointer(&read)))
	if ok == 0 {
		return "", fmt.Errorf("ReadConsoleOutputCharacterW: %w", err)
	}
	var b strings.Builder
	last := rune(0)
	for _, r := range windows.UTF16ToString(cells[:read]) {
		if r != last || r < 0x80 {
			b.WriteRune(r)
		}
		last = r
	}
	return strings.TrimRight(b.String(), " "), nil
}

func outputCP() uint32 {
	cp, _ := windows.GetConsoleOutputCP()
	return cp
}

func modeOf(screen *os.File) (mode uint32) {
	windows.GetConsoleMode(windows.Handle(screen.Fd()), &mode)
	return mode
}

// ignoreCtrlC makes this process and its later children ignore Ctrl+C, or undoes that.
func ignoreCtrlC(ignore bool) error {
	var on uintptr
	if ignore {
		on = 1
	}
	if ok, _, err := setConsoleCtrlHandler.Call(0, on); ok == 0 {
		return err
	}
	return nil
}

// self returns a command that runs this binary as another helper on the same console.
func self(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "SUREFOOT_TEST_HELPER="+name)
	cmd.Stderr = os.Stderr
	return cmd
}

func parseCP(s string) uint32 {
	cp, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		panic(err)
	}
	return uint32(cp)
}
