package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

var readmes = []string{"../../README.md", "../../README.zh-CN.md"}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "adopt:", err)
		os.Exit(1)
	}
}

func run() error {
	pattern := flag.String("run", "", "try only the programs whose names match `REGEXP`")
	on := flag.String("on", "process,systemd,wine", "try them on these `hosts`")
	figures := flag.Bool("figures", false, "fill the tables of the READMEs")
	dir := flag.String("dir", "", "build the programs in `DIR` and leave them there, so that the next run need not link them")
	flag.Parse()
	only, err := regexp.Compile(*pattern)
	switch {
	case err != nil:
		return err
	case flag.NArg() > 0:
		return fmt.Errorf("what is %q?", flag.Args())
	case *figures && *pattern != "":
		return errors.New("the READMEs get all programs or none: no -run")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *dir == "" {
		if *dir, err = os.MkdirTemp("", "adopt-"); err != nil {
			return err
		}
		defer os.RemoveAll(*dir)
	} else if *dir, err = filepath.Abs(*dir); err != nil {
		return err
	}
	if err := os.Chmod(*dir, 0o755); err != nil { // PostgreSQL runs under another account
		return err
	}

	ways, end, err := open(ctx, *dir, strings.Split(*on, ","))
	if err != nil {
		return err
	}
	defer end()
	rows := [][]string{{"what", "version"}}
	for _, w := range ways {
		rows[0] = append(rows[0], w.title)
	}
	failed := 0
	for _, p := range programs {
		if only.MatchString(p.name) {
			row, bad := tryAll(ctx, p, ways, *dir)
			failed += bad
			rows = append(rows, row)
		}
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
	}
	text := markdown(rows) + "\n" + where() + "\n"
	fmt.Print(text)
	if *figures {
		err = fillFiles(readmes, text)
	}
	if failed > 0 {
		err = errors.Join(err, fmt.Errorf("%d trials failed", failed))
	}
	return err
}

// A way is a column of the table: a host.
type way struct {
	title string
	host  host
	goos  string
	dir   string // of the programs
	wine  bool
	err   error // why there is no host
}

// open makes the hosts.
func open(ctx context.Context, dir string, names []string) (ways []way, end func(), err error) {
	var ends []func() error
	for _, name := range names {
		w, closeHost := way{goos: runtime.GOOS, dir: dir}, func() error { return nil }
		switch name {
		case "process":
			w.title, w.host = runtime.GOOS+" process", &processes{dir: dir}
		case "systemd":
			w.title = "systemd unit"
			w.host, closeHost, w.err = bootSystemd(ctx, dir)
		case "wine":
			w.title, w.goos, w.wine = "service under Wine", "windows", true
			w.host, w.dir, closeHost, w.err = startWine(ctx)
		default:
			err = fmt.Errorf("unknown host %q: process, systemd or wine", name)
		}
		ways = append(ways, w)
		if w.err == nil {
			ends = append(ends, closeHost)
		}
	}
	end = func() {
		for _, end := range slices.Backward(ends) {
			if err := end(); err != nil {
				fmt.Fprintln(os.Stderr, "adopt:", err)
			}
		}
	}
	if err != nil {
		end()
	}
	return ways, end, err
}

// tryAll tries a program on all hosts. It returns the program's row and the number of trials that
// failed without a known reason.
func tryAll(ctx context.Context, p program, ways []way, dir string) (row []string, failures int) {
	row = []string{p.what, "–"}
	client, err := p.build(ctx, runtime.GOOS, dir)
	if err == nil {
		row[1], err = p.version(client)
	}
	url := ""
	if err == nil && p.backend != nil {
		var b *backend
		if b, err = p.backend(dir); err == nil {
			defer b.stop()
			url = b.url
		}
	}
	for _, w := range ways {
		start := time.Now()
		failed := errors.Join(err, w.err)
		if failed == nil && w.goos != runtime.GOOS {
			failed = p.give(ctx, w.goos, dir, w.dir)
		}
		report, failed := try(ctx, w.host, p.name, client, url, failed)
		switch _, skipped := errors.AsType[skip](failed); {
		case failed == nil || skipped:
		case w.wine && strings.Contains(failed.Error(), "#10045"): // WSAEOPNOTSUPP: SIO_UDP_CONNRESET, for UDP sockets
			failed = fmt.Errorf("missing in Wine, not in Windows: %w", failed)
		default:
			failures++
		}
		result := cell(report, failed)
		fmt.Fprintf(os.Stderr, "%-12s %-20s %5.1f s  %s\n", p.name, w.title, time.Since(start).Seconds(), result)
		row = append(row, result)
	}
	return row, failures
}

// where describes when and where the table was made.
func where() string {
	parts := []string{time.Now().Format(time.DateOnly), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
	for _, command := range [][]string{{"uname", "-sr"}, {"../../.ci/wine-setup", "status"}} {
		if out, err := output(exec.Command(command[0], command[1:]...)); err == nil {
			system, _, _ := strings.Cut(strings.TrimSpace(out), ", ")
			parts = append(parts, system)
		}
	}
	return strings.Join(parts, "; ")
}
