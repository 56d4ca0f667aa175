// Service is the tour: one small service that uses all of surefoot's packages, to copy from. This
// one main runs as a console program, a Windows service, a systemd unit and a launchd job:
//
//	service                       run on this console, end with Ctrl+C
//	service -listen localhost:0   on a free port
//	service install               register it; then start, status, stop, uninstall
package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"net/http"
	"time"

	"github.com/surefoot-go/surefoot/consolex"
	"github.com/surefoot-go/surefoot/eventx"
	"github.com/surefoot-go/surefoot/eventx/probe"
	"github.com/surefoot-go/surefoot/listen"
	"github.com/surefoot-go/surefoot/pathx"
	"github.com/surefoot-go/surefoot/procx"
	"github.com/surefoot-go/surefoot/svcx"
)

const name = "surefoot-tour"

var (
	configFlag = flag.String("config", "", "read the configuration from `file`")
	listenFlag = flag.String("listen", "", "listen on `address` and not on the configuration's")
)

func main() {
	svcx.Main(&svcx.Service{
		Name:        name,
		DisplayName: "surefoot tour (导览)",
		Description: "One small service on all of surefoot's packages.",
		Main:        run,
		StopTimeout: 20 * time.Second,
		OnInstall:   source.OnInstall,
		OnUninstall: source.OnUninstall,
		OnCrash:     reportCrash,
		Logs:        eventx.Filter{Sources: []string{source.Name}}.Print,
	})
}

// run is the service: it returns when ctx ends, or with what went wrong.
func run(ctx context.Context) error {
	restore, consoleErr := consolex.UTF8()
	defer restore()

	// Configuration first: if it is bad, nothing has been started yet.
	cfg, from, tried, err := loadConfig(pathx.Finder{App: name, Flag: *configFlag, EnvVar: "SUREFOOT_TOUR_CONFIG"})
	if err != nil {
		return &svcx.ExitError{Code: 2, Err: err}
	}
	if *listenFlag != "" {
		cfg.Listen = *listenFlag
	}

	log, events, err := newLog()
	if err != nil {
		return err
	}
	defer within(5*time.Second, events.Shutdown)
	health := eventx.NewHealth(log, name)
	log.Info("configuration 配置", "from", from, "looked", tried)
	if consoleErr != nil {
		log.Warn("the console stays as it is 控制台保持原样", "err", consoleErr)
	}

	l, err := listen.Dual(cfg.Listen)
	if err != nil {
		return err
	}
	server := newServer(cfg.Greeting, probe.Handler(health))
	tasks := procx.NewGroup(ctx, name)
	tasks.Go("serve", func(context.Context) error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	tasks.Go("drain", func(ctx context.Context) error {
		<-ctx.Done() // asked to stop, or another task has failed
		return errors.Join(within(10*time.Second, server.Shutdown), server.Close())
	})
	tasks.Go("heartbeat", func(ctx context.Context) error {
		return heartbeat(ctx, log, cfg.heartbeat)
	})
	for _, addr := range l.Addrs() {
		log.Info("serving 服务中", "url", "http://"+addr.String()+"/")
	}
	health.Set(ctx, eventx.Healthy, "serving")
	svcx.Ready(ctx)

	<-tasks.Done()
	health.Set(ctx, eventx.Stopping, "asked to stop, or a task has failed")
	log.Info("stopping 正在停止", "cause", context.Cause(ctx))
	err = within(15*time.Second, tasks.Stop) // its error names each task that would not end
	health.Set(ctx, eventx.Stopped, "")
	log.Info("stopped 已停止", "err", err)
	return err
}

// heartbeat is the background work.
func heartbeat(ctx context.Context, log *slog.Logger, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			log.Info("still here 仍在运行")
		case <-ctx.Done():
			return nil
		}
	}
}

// within calls f with a context of its own that ends after d: what ends a service must not be
// cancelled by the end of its context.
func within(d time.Duration, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return f(ctx)
}
