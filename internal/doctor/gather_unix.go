//go:build unix

package doctor

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/surefoot-go/surefoot/consolex"
)

const (
	dockerEndpoint = "unix:///var/run/docker.sock"
	dockerGroup    = "docker"
)

func hideWindow(*exec.Cmd)     {}
func systemLang(string) string { return langOf(locale()) }
func longPaths() *bool         { return nil }

// locale is the locale's name by POSIX's rules.
func locale() string {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := os.Getenv(name); value != "" {
			return value
		}
	}
	return "C"
}

// keptIn returns the start-up file that sets a variable for later sessions.
func keptIn(name string) string {
	home, _ := os.UserHomeDir()
	for _, file := range []string{"/etc/environment", "/etc/profile", home + "/.profile", home + "/.bash_profile", home + "/.bashrc",
		home + "/.zshenv", home + "/.zprofile", home + "/.zshrc", home + "/.config/fish/config.fish"} {
		data, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(data)) {
			line = strings.TrimPrefix(strings.TrimSpace(line), "export ")
			if strings.HasPrefix(line, name+"=") || strings.Contains(line, "set ") && strings.Contains(line, " "+name+" ") {
				return file
			}
		}
	}
	return ""
}

// executes tries to run a program from dir.
func executes(ctx context.Context, dir string) error {
	file, err := os.MkdirTemp(dir, "doctor-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(file)
	script := filepath.Join(file, "try")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nexit 0\n"), 0o700); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, script)
	if err := cmd.Run(); errors.Is(err, syscall.ETXTBSY) { // another thread forked while it was written
		return nil
	} else {
		return err
	}
}

func dialDocker(ctx context.Context, endpoint string) error {
	network, addr, ok := strings.Cut(endpoint, "://")
	if !ok || network != "unix" {
		network = "tcp"
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return err
	}
	return conn.Close()
}

func gatherWindows(context.Context, Options, *Facts)    {}
func gatherPowerShell(context.Context, Options, *Facts) {}
func gatherWSL(context.Context, Options, *Facts)        {}

func gatherFirewall(_ context.Context, _ Options, f *Facts) {
	f.Firewall = &FirewallFacts{None: true}
}

func gatherConsole(_ context.Context, _ Options, f *Facts) {
	f.Console = &ConsoleFacts{Encoding: encodingOf(locale())}
}

func gatherClock(ctx context.Context, _ Options, f *Facts) {
	f.Clock = &ClockFacts{}
	out, err := run(ctx, "", "timedatectl", "show", "--property=NTPSynchronized", "--value")
	switch {
	case err == nil && (out == "yes" || out == "no"):
		yes := out == "yes"
		f.Clock.Synchronised = &yes
	default:
		f.Clock.Synchronised, err = kernelClock()
		f.Clock.Err = message(err)
	}
}
