package bench

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/surefoot-go/surefoot/internal/bench/contest"
)

func svcxContests() (all []*contest.Contest) {
	for _, system := range []string{"windows", "linux", "darwin"} {
		rows := []contest.Row{
			{What: "the command line", Ours: "svcx", Peer: "kardianos", Metric: contest.Size, Asked: 1},
			{What: "Run alone", Ours: "svcxrun", Peer: "kardianos", Metric: contest.Size, Asked: 1},
		}
		if system == "windows" {
			rows[0].Asked = 0 // kardianos has neither upgrade nor checks there
			rows = append(rows, contest.Row{What: "the command line, bytes", Ours: "svcx", Metric: contest.Size, Asked: 320_000, Gross: 500_000})
		}
		all = append(all, &contest.Contest{
			Name: "svcx/size added on " + system, Long: system != runtime.GOOS,
			Own:  func(env contest.Env, _ contest.Options) (contest.Samples, error) { return serviceSizes(env, system) },
			Rows: rows,
		})
	}
	return append(all, &contest.Contest{
		Name: "svcx/process start to", Long: true, Own: serviceStarts,
		Rows: []contest.Row{
			{What: "START_PENDING", Ours: "svcx pending", Peer: "x/sys pending", Asked: 1},
			{What: "RUNNING", Ours: "svcx running", Peer: "x/sys running", Asked: 1},
			{What: "RUNNING", Ours: "svcx running", Peer: "kardianos running", Asked: 1},
		},
	})
}

// serviceSizes are what a service manager adds to a program that serves HTTP: svcx with its whole
// command line, svcx.Run alone, and kardianos/service.
func serviceSizes(env contest.Env, system string) (contest.Samples, error) {
	samples := contest.Samples{}
	var none float64
	for _, name := range []string{"none", "kardianos", "svcx", "svcxrun"} {
		exe, err := build(env, system, "services/size/"+name, "-ldflags=-s -w")
		if err != nil {
			return nil, err
		}
		fi, err := os.Stat(exe)
		if err != nil {
			return nil, err
		}
		if size := float64(fi.Size()); name == "none" {
			none = size
		} else {
			samples[contest.Key{Side: name, Metric: contest.Size}] = []float64{size - none}
		}
	}
	return samples, nil
}

// serviceStarts are the times from the creation of a service's process to its reports of
// START_PENDING and RUNNING, which the driver sees: on Windows, or under Wine.
func serviceStarts(env contest.Env, o contest.Options) (contest.Samples, error) {
	var args []string
	if runtime.GOOS != "windows" {
		args = []string{filepath.FromSlash("../../.ci/wine-exec")}
	} else if os.Getenv("SUREFOOT_CHANGE_MACHINE") != "1" {
		return nil, contest.Skip("installs services: set SUREFOOT_CHANGE_MACHINE=1 to allow it")
	}
	driver, err := build(env, "windows", "services/driver")
	if err != nil {
		return nil, err
	}
	modfile, err := sessionless(env)
	if err != nil {
		return nil, err
	}
	args = append(args, driver, strconv.Itoa(min(o.Rounds, 31)))
	for _, name := range []string{"svcx", "xsys", "kardianos"} {
		exe, err := build(env, "windows", "services/"+name, "-modfile="+modfile)
		if err != nil {
			return nil, err
		}
		if runtime.GOOS != "windows" {
			exe = "Z:" + strings.ReplaceAll(exe, "/", `\`)
		}
		args = append(args, name+"="+exe)
	}
	cmd := exec.CommandContext(env.Context(), args[0], args[1:]...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil && strings.Contains(stderr.String(), "run wine-setup") {
		return nil, contest.Skip(strings.TrimSpace(stderr.String()))
	}
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, &stderr)
	}
	samples := contest.Samples{}
	for line := range strings.Lines(string(out)) {
		var name, state string
		var us float64
		if _, err := fmt.Sscan(line, &name, &state, &us); err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
		key := contest.Key{Side: strings.Replace(name, "xsys", "x/sys", 1) + " " + state}
		samples[key] = append(samples[key], 1000*us)
	}
	return samples, nil
}

func build(env contest.Env, system, dir string, flags ...string) (exe string, err error) {
	exe = filepath.Join(env.TempDir(), filepath.Base(dir)+".exe")
	cmd := exec.CommandContext(env.Context(), "go", append(append([]string{"build", "-o", exe}, flags...), "./"+dir)...)
	cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return exe, nil
}

// sessionless makes a go.mod file with an x/sys that takes a service for one
// that is not in session 0. It is not under Wine nor in containers, where the
// peers would run as console programs.
func sessionless(env contest.Env) (modfile string, err error) {
	dir := env.TempDir()
	source, err := goTool(env, "list", "-m", "-f={{.Dir}}", "golang.org/x/sys")
	if err != nil {
		return "", err
	}
	sys := filepath.Join(dir, "sys")
	if err := os.CopyFS(filepath.Join(sys, "windows"), os.DirFS(filepath.Join(source, "windows"))); err != nil {
		return "", err
	}
	question := filepath.Join("windows", "svc", "security.go")
	for _, name := range []string{"go.mod", question} {
		text, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			return "", err
		}
		patched := bytes.Replace(text, []byte("parentProcess.SessionID == 0 && "), nil, 1)
		if name == question && bytes.Equal(patched, text) {
			return "", fmt.Errorf("%s asks in another way", name)
		}
		file := filepath.Join(sys, name)
		os.Remove(file) // the copy is read-only
		if err := os.WriteFile(file, patched, 0o644); err != nil {
			return "", err
		}
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o644)
		}
		if err != nil {
			return "", err
		}
	}
	modfile = filepath.Join(dir, "go.mod")
	_, err = goTool(env, "mod", "edit", "-replace=golang.org/x/sys="+sys, modfile)
	return modfile, err
}

func goTool(env contest.Env, args ...string) (string, error) {
	cmd := exec.CommandContext(env.Context(), "go", args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}
