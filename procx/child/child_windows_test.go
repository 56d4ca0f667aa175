package child

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

const seesRest = true

var ownHelpers = map[string]func([]string) int{"console": console, "visit": visit}

// handles returns the number of open handles of this process.
func handles(t *testing.T) int {
	var n uint32
	ok, _, err := windows.NewLazySystemDLL("kernel32.dll").NewProc("GetProcessHandleCount").
		Call(uintptr(windows.CurrentProcess()), uintptr(unsafe.Pointer(&n)))
	require.NotZero(t, ok, "GetProcessHandleCount: %v", err)
	return int(n)
}

func ownSession() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP | windows.DETACHED_PROCESS}
}

func everyContainment(t *testing.T, f func(t *testing.T)) { t.Run("job", f) }

// variant simulates a process whose job allows it to leave.
func variant() {
	jobLimits = func() (uint32, error) { return jobKillOnClose | jobBreakawayOK, nil }
}

func TestContainment(t *testing.T) {
	p, _ := startNode(t, nil, Options{Ask: AskNothing}, "0")
	assert.Equal(t, Job, p.Containment())
	assert.True(t, p.Containment().Whole())
	assert.True(t, p.Containment().DiesWithParent())
}

func TestJobHoldsDetached(t *testing.T) {
	p, out := startNode(t, nil, Options{Ask: AskNothing}, "2", "setsid", "stubborn")
	require.NoError(t, p.Stop(t.Context()))
	assert.Empty(t, out.rest(t))
}

func TestWithoutJob(t *testing.T) {
	refused := errors.New("access is denied")
	assignJob = func(job, process windows.Handle) error { return refused }
	t.Cleanup(func() { assignJob = windows.AssignProcessToJobObject })
	t.Run("not had", func(t *testing.T) {
		p, out := startNode(t, nil, Options{Ask: AskNothing}, "0", "stubborn")
		assert.Zero(t, p.Containment())
		assert.NoError(t, p.Stop(t.Context()))
		assert.Empty(t, out.rest(t))
	})
	t.Run("demanded", func(t *testing.T) {
		cmd := testenv.Command(t, "node", "0")
		_, err := Start(t.Context(), cmd, &Options{Ask: AskNothing, Whole: true})
		assert.ErrorIs(t, err, ErrNotContained)
		assert.ErrorIs(t, err, refused)
		assert.NotNil(t, cmd.ProcessState, "has been killed and reaped before it ran")
	})
	t.Run("demanded, context over", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		assignJob = func(job, process windows.Handle) error {
			cancel() // now Cancel waits for the start
			return refused
		}
		own := testenv.Command(t, "node", "0")
		cmd := exec.CommandContext(ctx, own.Path)
		cmd.Args, cmd.Env = own.Args, own.Env
		_, err := Start(t.Context(), cmd, &Options{Ask: AskNothing, Whole: true})
		assert.ErrorIs(t, err, ErrNotContained)
	})
}

// A child is asked through this process's console or, if it has none, as in a service, through the
// child's.
func TestSignalThroughConsole(t *testing.T) {
	for _, whose := range []string{"shared", "child's"} {
		t.Run(whose, func(t *testing.T) {
			grace, want := time.Minute, "ready ready ended ended <nil>\n"
			if testenv.IsWine() { // where a process hangs when it gets CTRL_BREAK
				grace, want = time.Second, "still running after 1s"
			}
			out, err := testenv.Command(t, "console", grace.String(), whose).CombinedOutput()
			require.NoError(t, err, "%s", out)
			assert.Contains(t, string(out), want)
			assert.NotContains(t, string(out), "asking failed")
		})
	}
}

// A service detaches from its child's console again and keeps its standard handles.
func TestOnConsoleOf(t *testing.T) {
	out, err := testenv.Command(t, "visit").CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Equal(t, "alone\nvisiting\nalone, handles kept\n", string(out))
}

// visit attaches to a child's console without having one itself.
func visit([]string) int {
	freeConsole()
	say := func() string {
		if hasConsole() {
			return "visiting"
		}
		return "alone"
	}
	fmt.Println(say())
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SUREFOOT_TEST_HELPER=cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		return 1
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NO_WINDOW}
	if err := cmd.Start(); err != nil {
		fmt.Println(err)
		return 1
	}
	before, _ := windows.GetStdHandle(windows.STD_OUTPUT_HANDLE)
	for {
		visited := ""
		if err := onConsoleOf(cmd.Process.Pid, func() error { visited = say(); return nil }); err == nil {
			fmt.Println(visited)
			break
		}
		time.Sleep(time.Millisecond) // it has to be made first
	}
	if after, _ := windows.GetStdHandle(windows.STD_OUTPUT_HANDLE); after == before {
		fmt.Println(say() + ", handles kept")
	}
	in.Close()
	cmd.Wait()
	return 0
}

func freeConsole() { windows.NewLazySystemDLL("kernel32.dll").NewProc("FreeConsole").Call() }

func TestBatchFile(t *testing.T) {
	_, err := Start(t.Context(), exec.Command(`C:\x\run.bat`, `"&calc.exe`), nil)
	assert.ErrorContains(t, err, "batch file")
	_, err = StartDetached(exec.Command(`C:\x\run.cmd`, "%PATH%"), nil)
	assert.ErrorContains(t, err, "batch file")
	own := exec.Command(`C:\x\run.bat`)
	own.SysProcAttr = &syscall.SysProcAttr{CmdLine: `C:\x\run.bat a^&b`}
	_, err = Start(t.Context(), own, nil)
	assert.ErrorIs(t, err, os.ErrNotExist, "a command line of one's own")
}

func TestAskOtherConsole(t *testing.T) {
	for _, flags := range []uint32{windows.DETACHED_PROCESS, windows.CREATE_NEW_CONSOLE, windows.CREATE_NO_WINDOW} {
		cmd := testenv.Command(t, "cat")
		cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: flags}
		_, err := Start(t.Context(), cmd, nil)
		assert.ErrorContains(t, err, "CTRL_BREAK")
		assert.Nil(t, cmd.Process)
	}
}

// console stops a tree by AskSignal and prints the outcome.
func console(args []string) int {
	grace, err := time.ParseDuration(args[0])
	if err != nil {
		return 1
	}
	freeConsole()
	if args[1] == "shared" {
		if ok, _, err := windows.NewLazySystemDLL("kernel32.dll").NewProc("AllocConsole").Call(); ok == 0 {
			fmt.Println(err)
			return 1
		}
	}
	cmd := exec.Command(os.Args[0], "1")
	cmd.Env = append(os.Environ(), "SUREFOOT_TEST_HELPER=node")
	words, err := cmd.StdoutPipe()
	if err != nil {
		return 1
	}
	p, err := Start(context.Background(), cmd, &Options{Grace: grace})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	ready := make([]byte, len("ready ready "))
	io.ReadFull(words, ready)
	stopped := make(chan error)
	go func() { stopped <- p.Stop(context.Background()) }()
	rest, _ := io.ReadAll(words)
	fmt.Printf("%s%s%v\n", ready, rest, <-stopped)
	p.Wait()
	return 0
}

// The job allows its processes to leave.
func TestStartDetachedBreaksAway(t *testing.T) {
	job, err := newJob()
	require.NoError(t, err)
	defer windows.CloseHandle(job)
	info := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{
		LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | windows.JOB_OBJECT_LIMIT_BREAKAWAY_OK}}
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	require.NoError(t, err)

	if testenv.IsWine() { // whose QueryInformationJobObject shows no limits
		t.Setenv(variantVar, "1")
	}
	r := newRendezvous(t)
	cmd := testenv.Command(t, "launcher", r.addr(), r.output, "after stdin")
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	out := pipe(t, cmd)
	require.NoError(t, cmd.Start())
	require.NoError(t, cmd.Process.WithHandle(func(handle uintptr) {
		require.NoError(t, windows.AssignProcessToJobObject(job, windows.Handle(handle)))
	}))
	require.NoError(t, stdin.Close())
	require.NoError(t, cmd.Wait())
	out.w.Close()
	if text := out.rest(t); text != "" {
		t.Skip(text) // in another job around this one
	}
	require.NoError(t, windows.TerminateJobObject(job, 1))
	r.meet(t)
}
