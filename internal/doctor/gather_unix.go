//go:build unix

package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
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

// alone has a command lead a group of processes that is killed as a whole.
func alone(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

func systemLang() string { return posixLocale("LC_MESSAGES", os.Getenv) }

// keptIn returns the lines of start-up files that set a variable for later sessions.
func keptIn(name string) string {
	var places []string
	for _, file := range startUpFiles() {
		if text, err := os.ReadFile(file); err == nil {
			for _, line := range setsVariable(string(text), name) {
				places = append(places, fmt.Sprintf("%s:%d", file, line))
			}
		}
	}
	return strings.Join(places, ", ")
}

func startUpFiles() []string {
	files := []string{"/etc/environment", "/etc/profile", "/etc/bash.bashrc", "/etc/zshenv", "/etc/zsh/zshenv"}
	patterns := []string{"/etc/profile.d/*.sh"}
	if home, err := os.UserHomeDir(); err == nil {
		for _, name := range []string{".profile", ".bash_profile", ".bash_login", ".bashrc", ".zshenv", ".zprofile", ".zshrc", ".config/fish/config.fish"} {
			files = append(files, filepath.Join(home, name))
		}
		patterns = append(patterns, filepath.Join(home, ".config/fish/conf.d/*.fish"), filepath.Join(home, ".config/environment.d/*.conf"))
	}
	for _, pattern := range patterns {
		found, _ := filepath.Glob(pattern) // a home directory with a [ in its name has no such files
		files = append(files, found...)
	}
	return files
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

// dockerEndpoints are those of the engine, of a rootless one, and of what else offers one: the name
// says whose each is.
func dockerEndpoints() []endpoint {
	endpoints := []endpoint{{"docker", "unix:///var/run/docker.sock"}}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); strings.HasPrefix(dir, "/") {
		endpoints = append(endpoints, endpoint{"rootless", "unix://" + dir + "/docker.sock"}, endpoint{"podman", "unix://" + dir + "/podman/podman.sock"})
	}
	if home, err := os.UserHomeDir(); err == nil && strings.HasPrefix(home, "/") {
		for _, e := range []endpoint{{"desktop", ".docker/run/docker.sock"}, {"desktop", ".docker/desktop/docker.sock"}, {"colima", ".colima/default/docker.sock"},
			{"rancher", ".rd/docker.sock"}, {"orbstack", ".orbstack/run/docker.sock"}, {"podman", ".local/share/containers/podman/machine/podman.sock"}} {
			endpoints = append(endpoints, endpoint{e.engine, "unix://" + home + "/" + e.url})
		}
	}
	return endpoints
}

func openPipe(string) error { return errors.ErrUnsupported }

// gatherHost looks for what systemd's sd_booted(3) looks for, and for the marks of containers and
// of WSL.
func gatherHost(context.Context, *inquiry) (*HostFacts, error) {
	there := func(path string) bool { _, err := os.Stat(path); return err == nil }
	h := &HostFacts{Systemd: there("/run/systemd/system"), WSL: there("/proc/sys/fs/binfmt_misc/WSLInterop") || os.Getenv("WSL_DISTRO_NAME") != ""}
	h.Container = there("/.dockerenv") || there("/run/.containerenv") || os.Getenv("container") != "" || os.Getenv("KUBERNETES_SERVICE_HOST") != ""
	return h, nil
}

// foreign reports whether a file is another account's and this one can't write it.
func foreign(path string, info os.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && os.Getuid() != 0 && int(st.Uid) != os.Getuid() && unix.Access(path, unix.W_OK) != nil
}

// open reports whether others than its owner may read a file.
func open(info os.FileInfo) bool { return info.Mode().Perm()&0o077 != 0 }

// storedPaths returns the paths that are kept elsewhere than in start-up files.
func storedPaths() []string { return nil }
