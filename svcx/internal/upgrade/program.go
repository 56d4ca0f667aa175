package upgrade

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// CheckVar is the environment variable that makes svcx.Run return immediately. An upgrade sets it
// to check whether a program runs at all.
const CheckVar = "SVCX_CHECK"

var (
	checkLimit = 10 * time.Second // time limit for a checked program to reach Run and exit
	proveFor   = 2 * time.Second  // time that a new program must stay ready
)

// Program replaces the registered program with program; see svcx.Service.Upgrade.
func Program(ctx context.Context, b spec.Backend, p *spec.Spec, program string) error {
	exe, err := b.Program(ctx, p)
	if err != nil {
		return err
	}
	if program, err = spec.Absolute(program); err != nil {
		return failFile(err)
	}
	return upgrade(ctx, b, p, exe, program)
}

// upgrade completes or reverts an interrupted upgrade. If program is not "", it then upgrades to
// that. If the lock is held, it retries: a child of a killed upgrade may hold the lock until its
// exec.
func upgrade(ctx context.Context, b spec.Backend, p *spec.Spec, exe, program string) error {
	var files Files
	var err error
	for limit := time.Now().Add(time.Second); ; {
		files, err = Lock(exe)
		if !errors.Is(err, ErrBusy) || time.Now().After(limit) || spec.Pause(ctx, spec.PollEvery(0)) != nil {
			break
		}
	}
	if err != nil {
		return failFile(err)
	}
	st, err := b.Status(ctx, p)
	if err == nil {
		err = files.Recover(st.State == spec.Running && !files.IsOld(st.PID))
	}
	switch {
	case err != nil || program == "":
	case st.Start == spec.Disabled:
		err = spec.Fail(nil, errors.New("the service is disabled, so that no program can show that it works"), "install it with another start type first")
	default:
		err = files.replaceBy(ctx, b, p, program, st.PID)
	}
	files.Unlock()
	return failFile(err)
}

// replaceBy replaces the program, whose process is pid, and restarts the service. If the service
// does not become ready, replaceBy undoes both.
func (files *Files) replaceBy(ctx context.Context, b spec.Backend, p *spec.Spec, program string, pid int) error {
	if p.Trust != nil {
		if err := p.Trust(program); err != nil {
			return err
		}
	}
	if err := files.Stage(program); err != nil {
		return err
	}
	if err := runsAtAll(ctx, files, p); err != nil {
		return spec.Join(spec.Fail(nil, err, "the old program runs on"), files.Done())
	}
	lasting := context.WithoutCancel(ctx)
	written := b.Watch(lasting, p)
	if err := files.Remember(pid); err != nil {
		return spec.Join(failFile(err), files.Done())
	}
	if err := files.Swap(); err != nil {
		return spec.Join(failFile(err), files.Recover(true))
	}
	err := restartAndWatch(ctx, b, p)
	if err == nil {
		return files.Done()
	}
	text := written()
	if text != "" {
		text = "; it wrote:\n" + text
	}
	err = spec.Errorf("the new program does not work: %w%s", err, text)
	if back := goBack(lasting, b, p, files); back != nil {
		return spec.Fail(nil, spec.Errorf("%w\nand the old one could not be put back: %w", err, back), "")
	}
	return spec.Fail(nil, err, "the old program runs again")
}

// restartAndWatch restarts the service and checks that it stays ready for proveFor.
func restartAndWatch(ctx context.Context, b spec.Backend, p *spec.Spec) error {
	before, err := b.Status(ctx, p)
	if err != nil {
		return err
	}
	if err = b.Restart(ctx, p); err != nil && before.PID != 0 && ctx.Err() == nil {
		// An old program that can't be stopped must not be mistaken for the new one.
		if now, _ := b.Status(ctx, p); now.PID == before.PID && b.Kill(ctx, p) == nil {
			err = b.Restart(ctx, p)
		}
	}
	if err != nil {
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
			return spec.Errorf("it was %v soon after it had started, with exit code %d", st.State, st.ExitCode)
		}
		if err := spec.Pause(ctx, spec.PollEvery(proveFor)); err != nil {
			return err
		}
	}
	return nil
}

// goBack stops the new program, restores the old one and starts it.
func goBack(ctx context.Context, b spec.Backend, p *spec.Spec, files *Files) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 2*p.StopTimeout+time.Minute, errors.New("it takes too long"))
	quick := *p
	quick.StopTimeout = min(p.StopTimeout, 5*time.Second)
	if err := b.Stop(ctx, &quick); err != nil && !errors.Is(err, spec.ErrNotRunning) {
		b.Kill(ctx, p) // an error would show in the next steps
	}
	err := files.Back()
	if err == nil {
		err = b.Restart(ctx, p) // some managers restart a failed service on their own, so it may be running
	}
	if err == nil {
		err = files.Done()
	}
	cancel()
	return err
}

// Finish completes or reverts an interrupted upgrade of the service, if there is one. It does not
// touch an upgrade that another process is running.
func Finish(ctx context.Context, b spec.Backend, p *spec.Spec) error {
	exe, err := b.Program(ctx, p)
	if err != nil || exe == "" || !Interrupted(exe) {
		return nil // the caller will report what is wrong
	}
	err = upgrade(ctx, b, p, exe, "")
	if errors.Is(err, ErrBusy) {
		return nil
	}
	return err
}

// failFile adds advice to a file error. Other errors are returned unchanged.
func failFile(err error) error {
	switch {
	case err == nil || spec.First(err) != nil:
		return err
	case errors.Is(err, os.ErrPermission):
		return spec.Fail(spec.ErrAccessDenied, err, "run it as administrator or root")
	}
	return spec.Fail(nil, err, "")
}

// runsAtAll checks that the staged program runs: it starts the program with CheckVar set and waits
// for it to exit.
func runsAtAll(ctx context.Context, files *Files, p *spec.Spec) error {
	const failed = "the new program does not run: %w"
	wait, kill, err := start(files.staged, p, files.output)
	if err != nil {
		return spec.Errorf(failed, err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, checkLimit, spec.Errorf("the new program does not come to svcx.Run within %v", checkLimit))
	ended := context.AfterFunc(ctx, kill)
	err = wait()
	switch {
	case !ended():
		err = context.Cause(ctx)
	case err != nil:
		err = spec.Errorf(failed, err)
	}
	cancel()
	if err == nil {
		return nil
	}
	if written := spec.LastPart(spec.Written(files.output, 0)); written != "" {
		err = spec.Errorf("%w; it wrote:\n%s", err, written)
	}
	return err
}

// environment returns the environment in which a program is checked: this process's variables, those
// of the account, and the service's; of one name, the last. It has no duplicates, because some
// programs use the first value and some the last.
func environment(p *spec.Spec, account ...string) []string {
	env := environ()
	for _, name := range p.Variables() {
		account = append(account, name+"="+p.Env[name])
	}
	for _, variable := range append(account, CheckVar+"=1") {
		name := variable[:strings.IndexByte(variable, '=')+1]
		others := env[:0]
		for _, other := range env {
			if !strings.HasPrefix(other, name) {
				others = append(others, other)
			}
		}
		env = append(others, variable)
	}
	return env
}
