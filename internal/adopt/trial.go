package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/internal/adopt/kit"
	"github.com/surefoot-go/surefoot/listen"
)

// A host is where a program runs as a service.
type host interface {
	// place returns the directory of a program's files: for this process, and for the program.
	place(name string) (here, there string)
	// start starts the program with the flags, and returns when it is ready.
	start(ctx context.Context, name string, flags []string) error
	// reload asks it to read its settings again.
	reload(ctx context.Context, name string) error
	// stop ends it, and returns when it has ended.
	stop(ctx context.Context, name string) error
}

// loadFor is how long the load lasts before the reload, and again before the stop.
const loadFor = 300 * time.Millisecond

// reloadsWithin is how long a program may take until its answers follow the new settings.
var reloadsWithin = 20 * time.Second

// try runs a program on a host and returns the program's report. client is the file of the same
// program for this system. If the program can't be tried, failed says why.
func try(ctx context.Context, h host, name, client, backend string, failed error) (report kit.Report, err error) {
	if failed != nil {
		return report, failed
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	port, err := freePort()
	if err != nil {
		return report, err
	}
	here, there := h.place(name)
	result := filepath.Join(here, "report.json")
	flags := []string{"--listen=localhost:" + port, "--dir=" + there, "--report=" + there + "/report.json"}
	if backend != "" {
		flags = append(flags, "--backend="+backend)
	}
	set := func(answer string) error {
		return os.WriteFile(filepath.Join(here, kit.Settings), []byte("answer: "+answer+"\n"), 0o644)
	}
	if err := errors.Join(os.RemoveAll(here), os.MkdirAll(here, 0o755), set(kit.Answer)); err != nil {
		return report, err
	}
	if err := h.start(ctx, name, flags); err != nil {
		if report, reportErr := read(result); reportErr == nil && report.Err != "" {
			err = errors.New(report.Err) // the program knows better why it has ended than its manager
		}
		return report, errors.Join(fmt.Errorf("start: %w", err), h.stop(ctx, name))
	}
	reload := func() error { return errors.Join(set(kit.Reloaded), h.reload(ctx, name)) }
	answers, err := ask(ctx, client, port, reload, func() error { return h.stop(ctx, name) })
	if err != nil {
		return report, errors.Join(err, h.stop(ctx, name))
	}
	report, err = read(result)
	if err != nil {
		return report, fmt.Errorf("it has not come to its end: %w", err)
	}
	if report.Begun != answers {
		return report, fmt.Errorf("of %d requests %d were answered", report.Begun, answers)
	}
	return report, report.Check()
}

// read reads the report of a program that has ended.
func read(name string) (report kit.Report, err error) {
	text, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(text, &report)
	}
	return report, err
}

// ask makes a request to each family, then many, and has the service reload and stop meanwhile. It
// returns the number of answers.
func ask(ctx context.Context, client, port string, reload, stop func() error) (answers int64, err error) {
	addresses := []string{net.JoinHostPort("127.0.0.1", port), net.JoinHostPort("::1", port)}
	out, err := output(exec.CommandContext(ctx, client, append([]string{"request"}, addresses...)...))
	if err != nil {
		return 0, fmt.Errorf("one request over each family: %w", err)
	}
	lines := strings.Fields(out)
	once, err := strconv.ParseInt(lines[len(lines)-1], 10, 64)
	if err != nil || once != int64(len(addresses)) {
		return 0, fmt.Errorf("one request over each family: %q", out)
	}

	load := exec.CommandContext(ctx, client, append([]string{"load"}, addresses...)...)
	var stderr bytes.Buffer
	load.Stderr = &stderr
	stdout, err := load.StdoutPipe()
	if err != nil {
		return 0, err
	}
	stdin, err := load.StdinPipe() // its end announces the stop
	if err != nil {
		return 0, err
	}
	if err := load.Start(); err != nil {
		return 0, err
	}
	lastLine := ""
	scanner := bufio.NewScanner(stdout)
	for scanner.Scan() {
		lastLine = scanner.Text()
		switch lastLine {
		case "loading":
			time.Sleep(loadFor)
			if err = reload(); err != nil {
				err = fmt.Errorf("reload under load: %w", err)
				stdin.Close()
			}
			defer time.AfterFunc(reloadsWithin, func() { stdin.Close() }).Stop()
		case "reloaded":
			time.Sleep(loadFor)
			stdin.Close()
		case "stopping":
			if stopErr := stop(); stopErr != nil {
				err = errors.Join(err, fmt.Errorf("stop under load: %w", stopErr))
			}
		}
	}
	if waitErr := load.Wait(); waitErr != nil && err == nil {
		err = fmt.Errorf("load: %w: %s", waitErr, bytes.TrimSpace(stderr.Bytes()))
	}
	if err != nil {
		return 0, err
	}
	many, err := strconv.ParseInt(lastLine, 10, 64)
	return once + many, err
}

// output runs a command and returns its standard output; its error has the other one.
func output(cmd *exec.Cmd) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%w: %s", err, bytes.TrimSpace(append(stdout.Bytes(), stderr.Bytes()...)))
	}
	return stdout.String(), nil
}

// freePort returns a port that is free in both families.
func freePort() (string, error) {
	l, err := listen.Dual("localhost:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}
