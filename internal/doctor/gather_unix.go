//go:build unix

package doctor

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

const dockerGroup = "docker"

func systemGatherers() map[string]gatherer {
	return map[string]gatherer{
		"console": into(func(f *Facts) **ConsoleFacts { return &f.Console }, func(context.Context, *inquiry) (*ConsoleFacts, error) {
			return &ConsoleFacts{Encoding: encodingOf(posixLocale("LC_CTYPE", os.Getenv))}, nil
		}),
		"clock": into(func(f *Facts) **ClockFacts { return &f.Clock }, gatherClock),
	}
}

func hideWindow(*exec.Cmd) {}

func systemLang() string { return posixLocale("LC_MESSAGES", os.Getenv) }

// keptIn returns the start-up file that sets a variable for later sessions.
func keptIn(name string) string {
	home, _ := os.UserHomeDir()
	for _, file := range []string{"/etc/environment", "/etc/profile", home + "/.profile", home + "/.bash_profile", home + "/.bashrc",
		home + "/.zshenv", home + "/.zprofile", home + "/.zshrc", home + "/.config/fish/config.fish"} {
		if text, err := os.ReadFile(file); err == nil && setsVariable(string(text), name) {
			return file
		}
	}
	return ""
}

// executes tries to run a program from dir.
func executes(ctx context.Context, dir string) error {
	tmp, err := os.MkdirTemp(dir, "doctor-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	script := filepath.Join(tmp, "try")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nexit 0\n"), 0o700); err != nil {
		return err
	}
	_, err = run(ctx, "", nil, script)
	if errors.Is(err, syscall.ETXTBSY) { // a child of another gatherer still has it open (golang.org/issue/22315)
		return nil
	}
	return err
}

// dockerEndpoints are those of the engine, of a rootless one, and of Docker
// Desktop and Colima.
func dockerEndpoints() []string {
	home, _ := os.UserHomeDir()
	endpoints := []string{"unix:///var/run/docker.sock"}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); strings.HasPrefix(dir, "/") {
		endpoints = append(endpoints, "unix://"+dir+"/docker.sock")
	}
	for _, name := range []string{"/.docker/run/docker.sock", "/.docker/desktop/docker.sock", "/.colima/default/docker.sock"} {
		if strings.HasPrefix(home, "/") {
			endpoints = append(endpoints, "unix://"+home+name)
		}
	}
	return endpoints
}

func openPipe(string) error { return errors.ErrUnsupported }
