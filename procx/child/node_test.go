package child

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestMain(m *testing.M) {
	if os.Getenv(variantVar) != "" {
		variant()
	}
	helpers := map[string]func([]string) int{
		"node": node, "parent": parent, "cat": cat, "launcher": launcher, "detached": detached,
	}
	maps.Copy(helpers, ownHelpers)
	testenv.Main(m, helpers)
}

// variantVar makes helper processes call variant, which each system defines.
const variantVar = "CHILD_TEST_VARIANT"

// node is a process with a chain of args[0] descendants, all of which write to one standard output:
// "ready " once they run, "ended " when they were asked to end. So the end of the output is the end
// of all of them. Flags:
//
//	stdin     asked by the end of standard input, not by a signal
//	stubborn  is not to be asked: ignores every signal that can be ignored
//	slow      the last of the chain takes a while to end
//	leave     the first of the chain ends with its standard input, the rest stays
//	setsid    the others make sessions of their own
func node(args []string) int {
	depth, _ := strconv.Atoi(args[0])
	flags := args[1:]
	defer time.AfterFunc(5*time.Minute, func() { os.Exit(1) }).Stop() // whatever goes wrong
	asked := make(chan os.Signal, 1)
	switch {
	case slices.Contains(flags, "stubborn"):
		signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGABRT, syscall.SIGPIPE, syscall.SIGALRM)
	case slices.Contains(flags, "stdin"):
		go func() { io.Copy(io.Discard, os.Stdin); asked <- nil }()
	default:
		signal.Notify(asked, os.Interrupt, syscall.SIGTERM)
	}
	if depth > 0 {
		rest := slices.DeleteFunc(slices.Clone(flags), func(s string) bool { return s == "leave" })
		cmd := exec.Command(os.Args[0], append([]string{strconv.Itoa(depth - 1)}, rest...)...)
		cmd.Env = append(os.Environ(), "SUREFOOT_TEST_HELPER=node")
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		if slices.Contains(flags, "setsid") {
			cmd.SysProcAttr = ownSession()
		}
		if err := cmd.Start(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	fmt.Print("ready ")
	if slices.Contains(flags, "leave") {
		io.Copy(io.Discard, os.Stdin)
		return 0
	}
	<-asked
	if slices.Contains(flags, "slow") && depth == 0 {
		time.Sleep(200 * time.Millisecond)
		fmt.Print("slowly ")
	}
	fmt.Print("ended ")
	return 0
}

// parent starts a node through this package and waits to be killed.
func parent(args []string) int {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "SUREFOOT_TEST_HELPER=node")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	p, err := Start(context.Background(), cmd, &Options{Ask: AskNothing})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	p.Wait()
	return 0
}

func cat([]string) int {
	if _, err := io.Copy(os.Stdout, os.Stdin); err != nil {
		return 1
	}
	return 0
}

// output is the output of a chain of nodes.
type output struct {
	w     *os.File // ours, to be closed once a child has it
	words chan string
}

// pipe makes cmd write to an output.
func pipe(t *testing.T, cmd *exec.Cmd) *output {
	t.Helper()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	cmd.Stdout, cmd.Stderr = w, os.Stderr
	out := &output{w: w, words: make(chan string, 100)}
	go func() {
		defer close(out.words)
		s := bufio.NewScanner(r)
		s.Split(bufio.ScanWords)
		for s.Scan() {
			out.words <- s.Text()
		}
	}()
	t.Cleanup(func() { w.Close(); r.Close() })
	return out
}

// ready waits until a chain of that depth is complete.
func (out *output) ready(t *testing.T, depth string) {
	t.Helper()
	out.w.Close()
	n, err := strconv.Atoi(depth)
	require.NoError(t, err)
	for range n + 1 {
		select {
		case word, ok := <-out.words:
			require.True(t, ok, "the tree has ended early")
			require.Equal(t, "ready", word)
		case <-time.After(time.Minute):
			require.Fail(t, "the tree did not start")
		}
	}
}

// rest waits until every writer has closed its end, and returns the rest of the output.
func (out *output) rest(t *testing.T) string {
	t.Helper()
	limit := time.After(time.Minute)
	var b strings.Builder
	for {
		select {
		case word, ok := <-out.words:
			if !ok {
				return b.String()
			}
			b.WriteString(word + " ")
		case <-limit:
			require.Fail(t, "some of the tree is still alive")
		}
	}
}

// startNode starts a chain of nodes and waits until it is complete.
func startNode(t *testing.T, set func(*exec.Cmd), o Options, args ...string) (*Proc, *output) {
	t.Helper()
	return startNodeCtx(t, t.Context(), set, o, args...)
}

func startNodeCtx(t *testing.T, ctx context.Context, set func(*exec.Cmd), o Options, args ...string) (*Proc, *output) {
	t.Helper()
	cmd := testenv.Command(t, "node", args...)
	out := pipe(t, cmd)
	if set != nil {
		set(cmd)
	}
	p, err := Start(ctx, cmd, &o)
	require.NoError(t, err)
	t.Cleanup(func() { p.KillTree(); p.Wait() })
	out.ready(t, args[0])
	return p, out
}

func waitFor(t *testing.T, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(time.Minute):
		require.Fail(t, "timed out")
	}
}
