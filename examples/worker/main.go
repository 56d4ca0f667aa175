// Worker is a service that processes a directory: every file that appears in it is a job, and is
// renamed to *.done when it is done.
//
// It demonstrates features of package svcx beyond starting and stopping: a slow start with progress
// reports, pause and continue, reloading the configuration, a watchdog, and a stop that finishes
// the current job.
//
//	worker -dir C:\jobs install
//	worker start
//	sc pause worker
//	sc control worker paramchange      (Linux: systemctl reload worker)
//	worker stop
package main

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/svcx"
)

var (
	dir    = flag.String("dir", "jobs", "directory of the jobs")
	config = flag.String("config", "", "file with the time between two looks, such as 500ms; it is read again on reload")
)

func main() { svcx.Main(service()) }

func service() *svcx.Service {
	return &svcx.Service{
		Name:        "worker",
		Description: "Works through the files of a directory.",
		Main:        run,
		Accept:      svcx.AcceptPause | svcx.AcceptReload,
		StopTimeout: time.Minute, // the longest job
		Watchdog:    2 * time.Minute,
		OnCrash: func(_ context.Context, report []byte) {
			log.Printf("the last run crashed:\n%s", report)
		},
	}
}

func run(ctx context.Context) error {
	every, err := interval()
	if err != nil {
		return err // not ready yet: the manager sees a start that failed
	}
	if err := recoverJobs(ctx); err != nil {
		return err
	}
	svcx.Ready(ctx)
	log.Printf("working in %s, every %v", *dir, every)

	tick := time.NewTicker(every)
	defer tick.Stop()
	for paused := false; ; {
		svcx.Alive(ctx) // the loop goes round: a job that hangs is what the watchdog is for
		select {
		case <-ctx.Done():
			log.Printf("stopping: %v", context.Cause(ctx))
			return nil
		case e := <-svcx.Events(ctx):
			switch e.Kind {
			case svcx.Pause:
				paused = true
			case svcx.Continue:
				paused = false
			case svcx.Reload:
				if every, err := interval(); err != nil {
					log.Printf("the configuration stays as it was: %v", err)
				} else {
					tick.Reset(every)
				}
			}
			e.Done() // now the manager shows the new state
		case <-tick.C:
			if !paused {
				work(ctx)
			}
		}
	}
}

// recoverJobs takes up the jobs that an earlier run has begun. There may be many, so it says how
// far it is.
func recoverJobs(ctx context.Context) error {
	svcx.Progress(ctx, "looking for jobs that were interrupted")
	files, err := os.ReadDir(*dir)
	if err != nil {
		return err
	}
	begun := slices.DeleteFunc(files, func(file fs.DirEntry) bool { return filepath.Ext(file.Name()) != ".busy" })
	for i, file := range begun {
		svcx.Progress(ctx, fmt.Sprintf("interrupted job %d of %d", i+1, len(begun)))
		name := filepath.Join(*dir, file.Name())
		if err := os.Rename(name, strings.TrimSuffix(name, ".busy")); err != nil {
			return err
		}
	}
	return nil
}

// work does the jobs that are there, until the service is to stop. A job that fails must not end
// the service.
func work(ctx context.Context) {
	files, err := os.ReadDir(*dir)
	if err != nil {
		log.Print(err)
	}
	for _, file := range files {
		if ctx.Err() != nil || !isJob(file) {
			continue
		}
		name := filepath.Join(*dir, file.Name())
		if err := do(name); err != nil {
			log.Print(err)
		}
		svcx.Alive(ctx)
	}
}

func isJob(file fs.DirEntry) bool {
	ext := filepath.Ext(file.Name())
	return !file.IsDir() && ext != ".busy" && ext != ".done"
}

// do does one job: it says what is in the file.
func do(name string) error {
	busy := name + ".busy"
	if err := os.Rename(name, busy); err != nil {
		return err
	}
	text, err := os.ReadFile(busy)
	if err != nil {
		return err
	}
	log.Printf("%s: %s", filepath.Base(name), strings.TrimSpace(string(text)))
	return os.Rename(busy, name+".done")
}

// interval reads the configuration.
func interval() (time.Duration, error) {
	if *config == "" {
		return time.Second, nil
	}
	text, err := os.ReadFile(*config)
	if err != nil {
		return 0, err
	}
	every, err := time.ParseDuration(strings.TrimSpace(string(text)))
	if err != nil || every <= 0 {
		return 0, fmt.Errorf("%s: %q is no time between two looks: write something like 500ms", *config, text)
	}
	return every, nil
}
