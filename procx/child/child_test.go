package child

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestStopAsks(t *testing.T) {
	everyContainment(t, func(t *testing.T) {
		t.Run("signal", func(t *testing.T) {
			testenv.NeedWindows(t, "may hang the process that gets CTRL_BREAK")
			p, out := startNode(t, nil, Options{Grace: time.Minute}, "1")
			err := p.Stop(t.Context())
			if errors.Is(err, errors.ErrUnsupported) {
				t.Skip(err)
			}
			assert.NoError(t, err)
			assert.Equal(t, "ended ended ", out.rest(t))
			assert.NoError(t, p.Wait())
		})
		t.Run("stdin", func(t *testing.T) {
			p, out := startNode(t, nil, Options{Ask: AskStdin, Grace: time.Minute}, "1", "stdin")
			assert.NoError(t, p.Stop(t.Context()))
			assert.Equal(t, "ended ended ", out.rest(t))
			assert.NoError(t, p.Wait())
		})
		t.Run("function", func(t *testing.T) {
			r, w, err := os.Pipe()
			require.NoError(t, err)
			defer r.Close()
			p, out := startNode(t, func(cmd *exec.Cmd) { cmd.Stdin = r }, Options{AskFunc: func(context.Context) error { return w.Close() }, Grace: time.Minute}, "1", "stdin")
			assert.NoError(t, p.Stop(t.Context()))
			assert.Equal(t, "ended ended ", out.rest(t))
			assert.NoError(t, p.Wait())
		})
	})
}

func TestStopKills(t *testing.T) {
	failed := errors.New("no such event")
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		name string
		ctx  context.Context
		opt  Options
		want []error
	}{
		{"signals ignored", t.Context(), Options{Grace: 50 * time.Millisecond}, []error{ErrKilled}},
		{"grace over", t.Context(), Options{Ask: AskStdin, Grace: 50 * time.Millisecond}, []error{ErrKilled}},
		{"context over", canceled, Options{Ask: AskStdin, Grace: time.Minute}, []error{ErrKilled, context.Canceled}},
		{"asking failed", t.Context(), Options{AskFunc: func(context.Context) error { return failed }, Grace: time.Minute}, []error{ErrKilled, failed}},
		{"not to be asked", t.Context(), Options{Ask: AskNothing}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			everyContainment(t, func(t *testing.T) {
				p, out := startNode(t, nil, tt.opt, "2", "stubborn")
				err := p.Stop(tt.ctx)
				for _, want := range tt.want {
					assert.ErrorIs(t, err, want)
				}
				if tt.want == nil {
					assert.NoError(t, err)
				}
				assert.Empty(t, out.rest(t))
				var exit *exec.ExitError
				assert.ErrorAs(t, p.Wait(), &exit)
			})
		})
	}
}

// AskFunc may hang, but Stop and Grace must not.
func TestStopIsTimely(t *testing.T) {
	returned := make(chan struct{}, 2)
	ask := func(ctx context.Context) error { // ends with its context: when the tree is killed
		<-ctx.Done()
		returned <- struct{}{}
		return nil
	}
	p, out := startNode(t, nil, Options{AskFunc: ask, Grace: 50 * time.Millisecond}, "1", "stubborn")
	assert.ErrorIs(t, p.Stop(t.Context()), ErrKilled)
	assert.Empty(t, out.rest(t))

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p, out = startNode(t, nil, Options{AskFunc: ask, Grace: time.Hour}, "1", "stubborn")
	assert.ErrorIs(t, p.Stop(ctx), context.Canceled)
	assert.Empty(t, out.rest(t))
	<-returned
	<-returned
}

func TestConcurrentMethods(t *testing.T) {
	everyContainment(t, func(t *testing.T) {
		for _, args := range [][]string{{"1", "stdin"}, {"1", "stubborn"}} {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			p, out := startNodeCtx(t, ctx, nil, Options{Ask: AskStdin, Grace: 20 * time.Millisecond}, args...)
			first := make(chan error, 4)
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() { first <- p.Wait() })
				wg.Go(func() { p.Stop(t.Context()) })
				wg.Go(func() { assert.NoError(t, p.KillTree()) })
				wg.Go(func() { cancel() })
			}
			wg.Wait()
			out.rest(t)
			for range 4 {
				assert.Equal(t, p.Wait(), <-first)
			}
		}
	})
}

func TestNoHandleLeaks(t *testing.T) {
	everyContainment(t, func(t *testing.T) {
		run := func() {
			cmd := testenv.Command(t, "cat")
			p, err := Start(t.Context(), cmd, &Options{Ask: AskStdin, Grace: time.Minute})
			require.NoError(t, err)
			require.NoError(t, p.Stop(t.Context()))
			require.NoError(t, p.Wait())
			for _, whole := range []bool{false, true} {
				_, err = Start(t.Context(), exec.Command(t.TempDir()+"/none"), &Options{Ask: AskStdin, Whole: whole})
				require.Error(t, err)
			}
		}
		run() // what the runtime opens once
		const rounds = 10
		before := handles(t)
		for range rounds {
			run()
		}
		// On Windows a thread has handles as well.
		assert.Eventually(t, func() bool { return handles(t) < before+rounds }, time.Minute, 10*time.Millisecond)
	})
}

// A shell, npm or "go run" ends at once when asked; the server under it needs its grace.
func TestDescendantsGetGrace(t *testing.T) {
	everyContainment(t, func(t *testing.T) {
		p, out := startNode(t, nil, Options{Ask: AskStdin, Grace: time.Minute}, "1", "stdin", "slow")
		if !seesRest {
			t.Skip("this system doesn't tell whether a process group has live members")
		}
		assert.NoError(t, p.Stop(t.Context()))
		assert.Equal(t, "ended slowly ended ", out.rest(t))
		assert.NoError(t, p.Wait())
	})
}

func TestTreeEndsWithChild(t *testing.T) {
	everyContainment(t, func(t *testing.T) {
		r, w, err := os.Pipe()
		require.NoError(t, err)
		defer r.Close()
		p, out := startNode(t, func(cmd *exec.Cmd) { cmd.Stdin = r }, Options{Ask: AskNothing}, "2", "leave")
		require.NoError(t, w.Close())
		waitFor(t, p.Ended())
		assert.Empty(t, out.rest(t))
		assert.NoError(t, p.Wait())
		assert.NoError(t, p.Stop(t.Context()), "of what has ended")
		assert.NoError(t, p.KillTree(), "of what has ended")
	})
}

// exec.Cmd.Wait would hang here (golang.org/issue/23019).
func TestDescendantHoldsOutput(t *testing.T) {
	var buf bytes.Buffer
	cmd := testenv.Command(t, "node", "1", "leave")
	cmd.Stdout = &buf
	p, err := Start(t.Context(), cmd, &Options{Ask: AskNothing})
	require.NoError(t, err)
	assert.NotZero(t, cmd.WaitDelay)
	require.NoError(t, p.Wait())
	assert.Contains(t, buf.String(), "ready ")
}

func TestKillTree(t *testing.T) {
	everyContainment(t, func(t *testing.T) {
		p, out := startNode(t, nil, Options{Ask: AskNothing}, "3", "stubborn")
		require.NoError(t, p.KillTree())
		assert.Empty(t, out.rest(t))
		assert.ErrorIs(t, p.Stop(t.Context()), ErrKilled)
		assert.Error(t, p.Wait())
	})
}

func TestContextStops(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		opt  Options
		exit bool
	}{
		{"gracefully", []string{"1", "stdin"}, Options{Ask: AskStdin, Grace: time.Minute}, false},
		{"by force", []string{"1", "stubborn"}, Options{Ask: AskNothing}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reason := errors.New("configuration changed")
			check := func(t *testing.T, p *Proc, out *output, want error) {
				out.rest(t)
				err := p.Wait()
				if tt.exit {
					var exit *exec.ExitError
					assert.ErrorAs(t, err, &exit)
				}
				if want != nil {
					assert.ErrorIs(t, err, want)
				}
			}
			t.Run("Start's", func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				p, out := startNodeCtx(t, ctx, nil, tt.opt, tt.args...)
				cancel(reason)
				check(t, p, out, reason)
			})
			t.Run("CommandContext's", func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				p, out := startNode(t, func(cmd *exec.Cmd) {
					own := exec.CommandContext(ctx, cmd.Path)
					own.Args, own.Env, own.Stdout, own.Stderr = cmd.Args, cmd.Env, cmd.Stdout, cmd.Stderr
					*cmd = *own
				}, tt.opt, tt.args...)
				cancel()
				want := context.Canceled
				if tt.exit {
					want = nil // os/exec then returns the exit error alone
				}
				check(t, p, out, want)
			})
		})
	}
}

func TestStartErrors(t *testing.T) {
	done, cancel := context.WithCancelCause(t.Context())
	cancel(io.ErrUnexpectedEOF)
	for _, tt := range []struct {
		name string
		ctx  context.Context
		cmd  *exec.Cmd
		opt  *Options
		want string
	}{
		{"context over", done, exec.Command("true"), &Options{Ask: AskNothing}, "unexpected EOF"},
		{"no such program", t.Context(), exec.Command("no-such-program"), &Options{Ask: AskNothing}, "not found"},
		{"no such program, known path", t.Context(), exec.Command(t.TempDir() + "/none"), &Options{Ask: AskStdin}, "none"},
		{"started before", t.Context(), &exec.Cmd{Process: &os.Process{}}, &Options{Ask: AskNothing}, "started before"},
		{"stdin taken", t.Context(), &exec.Cmd{Path: "x", Stdin: os.Stdin}, &Options{Ask: AskStdin}, "Stdin"},
		{"negative grace", t.Context(), exec.Command("x"), &Options{Ask: AskNothing, Grace: -1}, "negative"},
		{"unknown ask", t.Context(), exec.Command("x"), &Options{Ask: 9}, "unknown Ask 9"},
		{"no window to signal", t.Context(), exec.Command("x"), &Options{NoWindow: true}, "set Ask"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Start(tt.ctx, tt.cmd, tt.opt)
			assert.Nil(t, p)
			assert.ErrorContains(t, err, tt.want)
		})
	}
}

func TestWhole(t *testing.T) {
	everyContainment(t, func(t *testing.T) {
		cmd := testenv.Command(t, "node", "0", "leave")
		p, err := Start(t.Context(), cmd, &Options{Ask: AskNothing, Whole: true})
		if err == nil {
			assert.True(t, p.Containment().Whole())
			assert.NoError(t, p.Wait())
			return
		}
		assert.ErrorIs(t, err, ErrNotContained)
		assert.ErrorIs(t, err, errors.ErrUnsupported)
	})
}

func TestDiesWithParent(t *testing.T) {
	everyContainment(t, func(t *testing.T) {
		depth := "0"
		if probe, _ := startNode(t, nil, Options{Ask: AskNothing}, "0", "leave"); !probe.Containment().DiesWithParent() {
			t.Skipf("with %v the child doesn't", probe.Containment())
		} else if probe.Containment()&Job != 0 {
			depth = "2"
		}
		cmd := testenv.Command(t, "parent", depth, "stubborn")
		out := pipe(t, cmd)
		require.NoError(t, cmd.Start())
		out.ready(t, depth)
		require.NoError(t, cmd.Process.Kill())
		cmd.Wait()
		assert.Empty(t, out.rest(t))
	})
}

func TestStdin(t *testing.T) {
	cmd := testenv.Command(t, "cat")
	var buf bytes.Buffer
	cmd.Stdout = &buf
	p, err := Start(t.Context(), cmd, &Options{Ask: AskStdin, NoWindow: true})
	require.NoError(t, err)
	assert.Positive(t, p.PID())
	_, err = io.WriteString(p.Stdin(), "hello")
	require.NoError(t, err)
	require.NoError(t, p.Stop(t.Context()))
	require.NoError(t, p.Wait())
	assert.Equal(t, "hello", buf.String())
}

func TestContainmentString(t *testing.T) {
	assert.Equal(t, "none", Containment(0).String())
	assert.Equal(t, "process group+cgroup+death signal", (Group | Cgroup | DeathSignal).String())
	assert.Equal(t, "job object", Job.String())
}
