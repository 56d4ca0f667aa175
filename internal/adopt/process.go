package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// processes runs programs as processes of this one, one at a time; SIGHUP has them reload, and SIGTERM ends them.
type processes struct {
	dir    string // has the programs
	cmd    *exec.Cmd
	stderr bytes.Buffer
	ended  chan error
}

func (h *processes) place(name string) (here, there string) {
	dir := filepath.Join(h.dir, "files", name)
	return dir, dir
}

func (h *processes) start(ctx context.Context, name string, flags []string) error {
	h.cmd = exec.CommandContext(ctx, filepath.Join(h.dir, name), append([]string{"run"}, flags...)...)
	h.stderr.Reset()
	h.cmd.Stderr = &h.stderr
	stdout, err := h.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := h.cmd.Start(); err != nil {
		h.cmd = nil
		return err
	}
	ready := make(chan bool, 1)
	h.ended = make(chan error, 1)
	go func() {
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), "ready ") {
				ready <- true
				break
			}
		}
		close(ready)
		io.Copy(io.Discard, stdout)
		h.ended <- h.cmd.Wait()
	}()
	if !<-ready {
		return errors.New("it ends before it is ready")
	}
	return nil
}

func (h *processes) reload(context.Context, string) error {
	return h.cmd.Process.Signal(syscall.SIGHUP)
}

func (h *processes) stop(context.Context, string) error {
	if h.cmd == nil {
		return nil // it has not started, or has been stopped
	}
	h.cmd.Process.Signal(syscall.SIGTERM) // an error says that it has ended: so does Wait
	err := <-h.ended
	h.cmd = nil
	if err != nil {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(h.stderr.Bytes()))
	}
	return nil
}
