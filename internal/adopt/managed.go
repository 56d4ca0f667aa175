package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
)

// managed runs programs as services of a service manager, by the programs' own commands.
type managed struct {
	here, there string   // the directory of the programs, for this process and for them
	suffix      string   // of a program's file
	prefix      []string // what runs a command there
	installed   bool
}

func (h *managed) place(name string) (here, there string) {
	return filepath.Join(h.here, "files", name), h.there + "/files/" + name
}

// command runs a command of the program.
func (h *managed) command(ctx context.Context, name string, args ...string) error {
	argv := append(h.prefix[:len(h.prefix):len(h.prefix)], h.there+"/"+name+h.suffix)
	_, err := output(exec.CommandContext(ctx, argv[0], append(argv[1:], args...)...))
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	return nil
}

func (h *managed) start(ctx context.Context, name string, flags []string) error {
	h.installed = true
	err := h.command(ctx, name, append([]string{"install"}, flags...)...)
	if err == nil {
		err = h.command(ctx, name, "start")
	}
	return err
}

func (h *managed) reload(ctx context.Context, name string) error {
	return h.command(ctx, name, "reload", "adopt-"+name)
}

func (h *managed) stop(ctx context.Context, name string) error {
	if !h.installed {
		return nil
	}
	h.installed = false
	return errors.Join(h.command(ctx, name, "stop"), h.command(ctx, name, "uninstall"))
}
