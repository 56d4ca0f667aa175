package child

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// DetachOptions are the options of StartDetached.
type DetachOptions struct {
	// Output is the path of a file to which the process's standard output and error are appended.
	// If it doesn't exist, it is created, readable by its owner only. If Output is empty, the
	// output is discarded, unless the command sets Stdout or Stderr.
	Output string
}

// StartDetached starts cmd as a process that outlives this one, and the console or terminal session
// in which this one runs. A nil o means the zero DetachOptions. Call the process's Wait or Release.
//
// On Unix the process leads a new session. On Windows it gets a console without a window, so that
// its children don't open one either (Microsoft: "Process Creation Flags", CREATE_NO_WINDOW), a new
// process group, and leaves this process's job object if the job allows it.
//
// If the process would still end with this one, StartDetached starts nothing and returns an error
// that matches ErrTethered. On Windows this is the case in a job that is killed on close and
// doesn't allow processes to leave (only the innermost of nested jobs can be checked); on Linux if
// this process is PID 1, or the main process of a systemd unit with a KillMode that ends the whole
// unit.
//
// The command must be created by exec.Command, not by CommandContext, and its Stdin, Stdout and
// Stderr must be nil or an *os.File, because this process can't copy data for it after exiting.
func StartDetached(cmd *exec.Cmd, o *DetachOptions) (*os.Process, error) {
	if o == nil {
		o = &DetachOptions{}
	}
	if err := checkDetached(cmd, o); err != nil {
		return nil, err
	}
	if err := checkCommandLine(cmd); err != nil {
		return nil, err
	}
	if err := detach(cmd); err != nil {
		return nil, err
	}
	if o.Output != "" {
		f, err := os.OpenFile(o.Output, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, fmt.Errorf("child: output of the detached process: %w", err)
		}
		defer f.Close()
		cmd.Stdout, cmd.Stderr = f, f
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return cmd.Process, nil
}

// checkDetached returns an error for settings that would tie the command to this process.
func checkDetached(cmd *exec.Cmd, o *DetachOptions) error {
	if cmd.Cancel != nil {
		return errors.New("child: a detached process can't have a context: make the command by exec.Command")
	}
	if o.Output != "" && (cmd.Stdout != nil || cmd.Stderr != nil) {
		return errors.New("child: both DetachOptions.Output and the command's Stdout or Stderr are set: leave one out")
	}
	for _, std := range []struct {
		name   string
		stream any
	}{{"Stdin", cmd.Stdin}, {"Stdout", cmd.Stdout}, {"Stderr", cmd.Stderr}} {
		if _, ok := std.stream.(*os.File); std.stream != nil && !ok {
			return fmt.Errorf("child: %s of a detached process must be nil or an *os.File, not %T: nothing would copy once this process is gone", std.name, std.stream)
		}
	}
	return nil
}
