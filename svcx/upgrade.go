package svcx

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"github.com/surefoot-go/surefoot/svcx/internal/upgrade"
)

// checkVar makes Run return at once: an upgrade checks so whether a program runs
// at all.
const checkVar = "SVCX_CHECK"

var (
	checkLimit = 10 * time.Second // how long a program may take until it calls Run
	proveFor   = 2 * time.Second  // how long a new program must run once it is ready
)

// Upgrade puts the program in the file executable in the place of the registered
// one, restarts the service and what depends on it, and returns when the service is
// ready and has stayed so for two seconds. If it does not become ready, Upgrade puts
// the old program back, starts it, and returns an error that has what the new one
// wrote. A stopped service is started, too.
//
// Before that, Upgrade checks that the new program is for the same kind of system
// and processor, that for a service with all rights only administrators can change
// it, and that it runs: it is started once, with the service's arguments and the
// variable SVCX_CHECK=1, which makes [Service.Run] return at once. What the program
// does before it calls Run is done then.
//
// The old program may be running. At every moment a whole program is under its
// name, on Unix; on Windows it is so unless the program that runs can't be replaced
// in one step: then there is none between two renames. When Upgrade is killed, the
// next Install, Start or Upgrade cleans up: a new program that runs stays, otherwise
// the old one is put back.
//
// It needs an administrator's rights: ErrAccessDenied. ErrNotInstalled, ErrForeign.
// When ctx ends before the service is ready, the old program is put back.
func (s *Service) Upgrade(ctx context.Context, executable string) error {
	const op = "upgrade"
	b, p, err := s.backend(op)
	if err != nil {
		return err
	}
	u, ok := b.(spec.Upgrader)
	if !ok {
		return s.fail(op, spec.Fail(errors.ErrUnsupported, nil, ""))
	}
	executable, err = filepath.Abs(executable)
	if err != nil {
		return s.fail(op, &spec.Error{Err: err})
	}
	return s.fail(op, upgradeProgram(ctx, u, p, executable))
}

// upgradeProgram is Upgrade for a back end.
func upgradeProgram(ctx context.Context, b spec.Upgrader, p *spec.Spec, program string) error {
	exe, err := b.Program(ctx, p)
	if err != nil {
		return err
	}
	files, err := lockFiles(ctx, exe)
	if err != nil {
		return failFile(err)
	}
	defer files.Unlock()
	if err := recoverFiles(ctx, b, p, files); err != nil {
		return failFile(err)
	}
	if p.Trust != nil {
		if err := p.Trust(program); err != nil {
			return &spec.Error{Err: err}
		}
	}
	if err := files.Stage(program); err != nil {
		return failFile(err)
	}
	if err := runsAtAll(ctx, files.Staged(), p); err != nil {
		return errors.Join(&spec.Error{Err: err, Hint: "the old program runs on"}, files.Done())
	}
	written := b.Watch(context.WithoutCancel(ctx), p)
	if err := files.Swap(); err != nil {
		return errors.Join(failFile(err), files.Recover(true))
	}
	if err := restartAndWatch(ctx, b, p); err != nil {
		text := written()
		if text != "" {
			text = "; it wrote:\n" + text
		}
		failed := fmt.Errorf("the new program does not work: %w%s", err, text)
		ctx := context.WithoutCancel(ctx)
		if back := goBack(ctx, b, p, files); back != nil {
			return &spec.Error{Err: fmt.Errorf("%w\nand the old one could not be put back: %w", failed, back)}
		}
		return &spec.Error{Err: failed, Hint: "the old program runs again"}
	}
	return failFile(files.Done())
}

// restartAndWatch restarts the service and looks whether it stays ready.
func restartAndWatch(ctx context.Context, b spec.Backend, p *spec.Spec) error {
	if err := b.Restart(ctx, p); err != nil {
		return err
	}
	pid := 0
	for limit := time.Now().Add(proveFor); time.Now().Before(limit); {
		st, err := b.Status(ctx, p)
		switch {
		case err != nil:
			return err
		case pid != 0 && st.PID != 0 && pid != st.PID:
			return errors.New("it ended soon after it had started, and its manager started it again")
		case st.State == spec.Running:
			pid = st.PID
		default:
			return fmt.Errorf("it was %v soon after it had started, with exit code %d", st.State, st.ExitCode)
		}
		if err := spec.Pause(ctx, spec.PollEvery(proveFor)); err != nil {
			return err
		}
	}
	return nil
}

// goBack ends the new program, puts the old one back and starts it.
func goBack(ctx context.Context, b spec.Upgrader, p *spec.Spec, files *upgrade.Files) error {
	ctx, cancel := context.WithTimeout(ctx, 2*p.StopTimeout+time.Minute)
	defer cancel()
	quick := *p
	quick.StopTimeout = min(p.StopTimeout, 5*time.Second)
	if err := b.Stop(ctx, &quick); err != nil && !errors.Is(err, spec.ErrNotRunning) {
		b.Kill(ctx, p) // whether that helped shows in a moment
	}
	if err := files.Back(); err != nil {
		return err
	}
	// Some managers start a service that has failed by themselves.
	if err := b.Restart(ctx, p); err != nil {
		return err
	}
	return files.Done()
}

// recoverFiles ends an upgrade that was interrupted.
func recoverFiles(ctx context.Context, b spec.Backend, p *spec.Spec, files *upgrade.Files) error {
	st, err := b.Status(ctx, p)
	if err != nil {
		return err
	}
	return files.Recover(st.State == spec.Running)
}

// finishUpgrade ends an upgrade of the service that was interrupted. There is
// nearly always none, and another one that is under way is left alone.
func finishUpgrade(ctx context.Context, b spec.Backend, p *spec.Spec) error {
	u, ok := b.(spec.Upgrader)
	if !ok {
		return nil
	}
	exe, err := u.Program(ctx, p)
	if err != nil || exe == "" || !upgrade.Interrupted(exe) {
		return nil // what is wrong the caller will find, too
	}
	files, err := lockFiles(ctx, exe)
	if errors.Is(err, upgrade.ErrBusy) {
		return nil
	}
	if err != nil {
		return failFile(err)
	}
	defer files.Unlock()
	return recoverFiles(ctx, b, p, files)
}

// lockFiles locks the files of a program. A process that was killed may have a child
// that holds the lock until it runs its own program.
func lockFiles(ctx context.Context, exe string) (files *upgrade.Files, err error) {
	for limit := time.Now().Add(time.Second); ; {
		files, err = upgrade.Lock(exe)
		if !errors.Is(err, upgrade.ErrBusy) || time.Now().After(limit) || spec.Pause(ctx, spec.PollEvery(0)) != nil {
			return files, err
		}
	}
}

// failFile adds what to do about an error of a file.
func failFile(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrPermission):
		return spec.Fail(spec.ErrAccessDenied, err, "run it as administrator or root")
	}
	return &spec.Error{Err: err}
}

// runsAtAll starts a program with the variable that makes Run return at once.
func runsAtAll(ctx context.Context, program string, p *spec.Spec) error {
	ctx, cancel := context.WithTimeout(ctx, checkLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, p.Args...)
	cmd.Dir = cmp.Or(p.Dir, filepath.Dir(program))
	cmd.Env = append(os.Environ(), checkVar+"=1")
	for name, value := range p.Env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.WaitDelay = time.Second // a child may hold the pipe
	out, err := cmd.CombinedOutput()
	switch {
	case ctx.Err() == context.DeadlineExceeded:
		err = fmt.Errorf("the new program does not come to svcx.Run within %v", checkLimit)
	case err != nil:
		err = fmt.Errorf("the new program does not run: %w", err)
	}
	if text := spec.LastPart(strings.ToValidUTF8(string(out), "?")); err != nil && text != "" {
		err = fmt.Errorf("%w; it wrote:\n%s", err, text)
	}
	return err
}
