package svcx

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// TestMain allows a service manager to run the test binary as a real service. Managers do not pass
// environment variables on, so the first argument selects this mode.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], "service:") {
		s := helperService(strings.TrimPrefix(os.Args[1], "service:"), os.Args[2], os.Args[3])
		os.Args = append(os.Args[:1], os.Args[4:]...) // the rest are the service's arguments
		Main(s)
	}
	testenv.Main(m, map[string]func(args []string) int{
		"console": consoleHelper,
		"unit": func(args []string) int { // the process appears to be run by a unit
			os.Setenv("SYSTEMD_EXEC_PID", strconv.Itoa(os.Getpid()))
			return consoleHelper(args)
		},
	})
}

// helperService returns a helper service of the given kind. It communicates with the test through
// dir: it waits for files created by the test and creates its own.
func helperService(kind, name, dir string) *Service {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	word := fs.String("word", "", "")
	s := &Service{
		Name: name, Flags: fs, LogDir: filepath.Join(dir, "logs"), StopTimeout: helperStopTimeout, Accept: AcceptPause | AcceptReload | AcceptCustom,
		OnCrash: func(ctx context.Context, report []byte) { leave(dir, "crash", string(report)) },
	}
	if kind == "hang" {
		s.StopTimeout = time.Second
	}
	switch kind {
	case "starve", "feeds":
		s.Watchdog = time.Second
	case "hangstart":
		s.StartTimeout = time.Second
	case "slowstop":
		s.StopTimeout = time.Second
	}
	s.Main = func(ctx context.Context) error {
		if exists(dir, "mended") {
			Ready(ctx)
			leave(dir, "lasts", "")
			<-ctx.Done()
			return nil
		}
		switch kind {
		case "slow", "feeding", "fail", "hangstart", "dies":
			Progress(ctx, "waiting for the test") // before waiting, or it would soon be reported as running
		}
		wd, _ := os.Getwd()
		leave(dir, "started", fmt.Sprintf("%v\n%s\n%s\n%q%s", Under(), wd, *word, fs.Args(), os.Getenv("SVCX_WORD")))
		if exe, _ := os.Executable(); exists(dir, "upgrade-fails") && bytes.HasSuffix(readAll(exe), []byte("bad")) {
			if exists(dir, "upgrade-dies") {
				os.Exit(3)
			}
			return errors.New("told to fail by the test")
		}
		switch kind {
		case "slow", "feeding":
			for !exists(dir, "go") {
				time.Sleep(10 * time.Millisecond)
			}
			Ready(ctx)
			food := time.NewTicker(time.Millisecond)
			if kind == "slow" {
				food.Stop()
			}
			for {
				select {
				case <-food.C:
					Alive(ctx)
				case e := <-Events(ctx):
					leave(dir, fmt.Sprintf("event-%d-%d", e.Kind, e.Code), "")
					e.Done()
				case <-ctx.Done():
					leave(dir, "cause", context.Cause(ctx).Error())
					return ctx.Err()
				}
			}
		case "dies":
			os.Exit(3)
		case "fail":
			return &ExitError{Code: 7, Err: errors.New("told to fail")}
		case "failready":
			Ready(ctx)
			return &ExitError{Code: 9, Err: errors.New("told to fail")}
		case "stubborn", "hangstart":
			select {}
		case "short":
			return nil
		case "failstop", "slowstop", "feeds":
			Ready(ctx)
			leave(dir, "ready", "")
			for {
				select {
				case <-ctx.Done():
					leave(dir, "cause", context.Cause(ctx).Error())
					if kind == "failstop" {
						return errors.New("told to fail after a stop")
					}
					time.Sleep(300 * time.Millisecond)
					return nil
				case <-time.After(100 * time.Millisecond):
					Alive(ctx)
				}
			}
		case "hang":
			Ready(ctx)
			select {}
		case "panic":
			Ready(ctx)
			panic("told to panic")
		case "starve":
			Ready(ctx)
			<-ctx.Done()
		case "ctrlc", "ctrlc2":
			Ready(ctx)
			for pressCtrlC() == nil {
				select {
				case <-ctx.Done():
					time.Sleep(100 * time.Millisecond)
				case <-time.After(time.Second):
					continue
				}
				if kind == "ctrlc" {
					leave(dir, "cause", context.Cause(ctx).Error())
					return nil
				}
			}
		case "plain":
			<-ctx.Done()
		}
		return nil
	}
	return s
}

const helperStopTimeout = 50 * time.Second

func readAll(name string) []byte {
	text, _ := os.ReadFile(name)
	return text
}

func leave(dir, name, text string) {
	tmp := filepath.Join(dir, name+".tmp")
	if os.WriteFile(tmp, []byte(text), 0o644) == nil {
		os.Rename(tmp, filepath.Join(dir, name))
	}
}

func exists(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}

// eventually polls for the effect of another process. The limit is generous because the machine may
// be busy.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for limit := time.Now().Add(time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

func waitFile(t *testing.T, dir, name string) string {
	t.Helper()
	var text []byte
	eventually(t, name, func() (ok bool) {
		var err error // on Windows, also if the renaming process still has it open
		text, err = os.ReadFile(filepath.Join(dir, name))
		return err == nil
	})
	return string(text)
}

func consoleHelper(args []string) int {
	s := helperService(args[0], "console", args[1])
	return ExitCode(s.Run(context.Background()))
}
