package upgrade

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

func TestMain(m *testing.M) {
	testenv.Main(m, map[string]func(args []string) int{"upgrader": upgraderHelper, "checker": checkerHelper, "hangs": func([]string) int { time.Sleep(2 * time.Minute); return 0 }})
}

// upgradeFake is a manager whose service depends on the contents of the program file: a program
// that contains "bad" never becomes ready.
type upgradeFake struct {
	exe      string
	running  bool
	restarts []string // the contents of the programs that were started
	slow     time.Duration
	hangs    bool // the old program ends only when killed
	start    spec.StartType
}

func (f *upgradeFake) Install(context.Context, *spec.Spec) ([]spec.Change, error) { return nil, nil }
func (f *upgradeFake) Uninstall(context.Context, *spec.Spec) error                { return nil }
func (f *upgradeFake) Start(context.Context, *spec.Spec) error                    { return nil }
func (f *upgradeFake) Stop(context.Context, *spec.Spec) error                     { f.running = false; return nil }
func (f *upgradeFake) Kill(context.Context, *spec.Spec) error                     { f.hangs = false; return nil }
func (f *upgradeFake) Logs(context.Context, *spec.Spec, io.Writer) error          { return nil }

func (f *upgradeFake) Watch(context.Context, *spec.Spec) func() string {
	return func() string { return "no such table" }
}

func (f *upgradeFake) Program(context.Context, *spec.Spec) (string, error) { return f.exe, nil }

func (f *upgradeFake) Restart(context.Context, *spec.Spec) error {
	time.Sleep(f.slow)
	if f.hangs {
		return errors.New("not over after 1s")
	}
	text, err := os.ReadFile(f.exe)
	if err != nil {
		return err
	}
	head := strings.Fields(string(text))
	f.restarts = append(f.restarts, head[len(head)-1])
	f.running = !strings.Contains(string(text), "bad")
	if !f.running {
		return spec.Fail(spec.ErrStartFailed, errors.New("exit code 7"), "")
	}
	return nil
}

func (f *upgradeFake) Status(context.Context, *spec.Spec) (spec.Status, error) {
	switch {
	case f.hangs:
		return spec.Status{State: spec.StartPending, PID: 7}, nil
	case f.running:
		return spec.Status{State: spec.Running, Start: f.start}, nil
	}
	return spec.Status{State: spec.Stopped, ExitCode: 7}, nil
}

// script writes a program of one megabyte that passes the check.
func script(t *testing.T, dir, name, body string) string {
	t.Helper()
	if filepath.Separator != '/' {
		t.Skip("the programs are scripts")
	}
	name = filepath.Join(dir, name)
	text := "#!/bin/sh\n" + body + "\nexit 0\n" + strings.Repeat("#"+filepath.Base(name)+"\n", 50_000) + "# " + filepath.Base(name)
	require.NoError(t, os.WriteFile(name, []byte(text), 0o755))
	return name
}

func upgradeSpec(exe string) *spec.Spec {
	return &spec.Spec{Name: "orders", Executable: exe, StopTimeout: time.Second}
}

func TestUpgradeWithFake(t *testing.T) {
	before, limit := proveFor, checkLimit
	proveFor, checkLimit = 50*time.Millisecond, time.Second
	t.Cleanup(func() { proveFor, checkLimit = before, limit })
	for _, c := range []struct {
		name, program, err string
		restarts           []string
	}{
		{"good", "good", "", []string{"good"}},
		{"one that never becomes ready", "bad", "the new program does not work: the service ended while it was starting (exit code 7); it wrote:\nno such table: the old program runs again", []string{"bad", "old"}},
		{"one that does not run", "exits", "the new program does not run: exit status 3; it wrote:\nno libfoo.so: the old program runs on", nil},
		{"one that does not come to Run", "sleeps", "does not come to svcx.Run within 1s", nil},
		{"none", "none", "no such file", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			exe := script(t, dir, "old", "")
			body := map[string]string{"exits": "echo no libfoo.so; exit 3", "sleeps": "sleep 60"}[c.program]
			program := filepath.Join(dir, "none")
			if c.program != "none" {
				program = script(t, dir, c.program, body)
			}
			f := &upgradeFake{exe: exe, running: true}
			err := Program(t.Context(), f, upgradeSpec(exe), program)
			want := "old"
			if c.err == "" {
				require.NoError(t, err)
				want = c.program
			} else {
				require.ErrorContains(t, err, c.err)
			}
			assert.Equal(t, c.restarts, f.restarts)
			text, err := os.ReadFile(exe)
			require.NoError(t, err)
			assert.True(t, strings.HasSuffix(string(text), "# "+want))
			assert.False(t, Interrupted(exe), "nothing is left")
		})
	}
}

// TestUpgradeFromOneThatHangs checks that an old program that can't be stopped does not count as a
// failure of the new one.
func TestUpgradeFromOneThatHangs(t *testing.T) {
	before := proveFor
	proveFor = 50 * time.Millisecond
	t.Cleanup(func() { proveFor = before })
	dir := t.TempDir()
	exe := script(t, dir, "old", "")
	f := &upgradeFake{exe: exe, hangs: true}
	require.NoError(t, Program(t.Context(), f, upgradeSpec(exe), script(t, dir, "good", "")))
	assert.Equal(t, []string{"good"}, f.restarts)
}

func TestUpgradeDisabled(t *testing.T) {
	dir := t.TempDir()
	exe := script(t, dir, "old", "")
	f := &upgradeFake{exe: exe, running: true, start: spec.Disabled}
	require.ErrorContains(t, Program(t.Context(), f, upgradeSpec(exe), script(t, dir, "good", "")), "the service is disabled")
	assert.Empty(t, f.restarts, "it runs on")
	assert.False(t, Interrupted(exe))
}

// checkerHelper starts the check of a program. The test kills it during the check.
func checkerHelper(args []string) int {
	p := &spec.Spec{Name: "orders", Env: map[string]string{"SUREFOOT_TEST_HELPER": "hangs"}}
	if _, _, err := start(args[0], p, args[0]+".log"); err != nil {
		return 1
	}
	os.Stdout.WriteString("started\n")
	time.Sleep(2 * time.Minute)
	return 0
}

// upgraderHelper runs an upgrade under a fake manager. The test kills it during the upgrade.
func upgraderHelper(args []string) int {
	proveFor = 5 * time.Millisecond
	f := &upgradeFake{exe: args[0], running: true, slow: 5 * time.Millisecond}
	if err := Program(context.Background(), f, upgradeSpec(args[0]), args[1]); err != nil {
		os.Stderr.WriteString(err.Error())
		return 1
	}
	return 0
}

// TestUpgradeKilled kills the upgrading process at random moments. A complete program must exist
// under the name at all times, and the next command must clean up.
func TestUpgradeKilled(t *testing.T) {
	kills := 150
	if testing.Short() {
		kills = 15
	}
	dir := t.TempDir()
	hash := func(name string) [32]byte {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		return sha256.Sum256(text)
	}
	programs := []string{script(t, dir, "v1", ""), script(t, dir, "v2", ""), script(t, dir, "bad", "")}
	exe := script(t, dir, "orders", "")
	require.NoError(t, os.WriteFile(exe, mustRead(t, programs[0]), 0o755))
	was, killed, done := hash(programs[0]), 0, 0
	longest := time.Duration(0) // duration of an upgrade that is not killed
	for killed < kills {
		next := programs[rand.IntN(len(programs))]
		if hash(next) == was {
			continue
		}
		cmd := testenv.Command(t, "upgrader", exe, next)
		require.NoError(t, cmd.Start())
		begin := time.Now()
		after := time.Minute
		if longest > 0 {
			after = rand.N(longest * 5 / 4)
		}
		kill := time.AfterFunc(after, func() { cmd.Process.Kill() })
		over := make(chan error, 1)
		go func() { over <- cmd.Wait() }()
		var err error
		for waiting := true; waiting; {
			select {
			case err = <-over:
				waiting = false
			default:
			}
			now := hash(exe)
			require.True(t, now == was || now == hash(next), "a whole program")
		}
		kill.Stop()
		switch {
		case err == nil:
			done++
			require.Equal(t, hash(next), hash(exe))
		case cmd.ProcessState.ExitCode() == 1:
			require.Equal(t, was, hash(exe), "a bad one is taken back")
		default:
			killed++
		}
		if longest == 0 {
			longest = time.Since(begin)
		}
		interrupted := Interrupted(exe) // the upgrade may have completed before the kill
		f := &upgradeFake{exe: exe, running: rand.IntN(2) == 0}
		require.NoError(t, Finish(t.Context(), f, upgradeSpec(exe)))
		require.False(t, Interrupted(exe), "nothing is left")
		if !f.running && interrupted {
			require.Equal(t, was, hash(exe), "a program that did not prove itself is taken back")
		}
		was = hash(exe)
	}
	t.Logf("%d killed, %d upgraded", killed, done)
	assert.NotZero(t, killed)
}

func mustRead(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return text
}
