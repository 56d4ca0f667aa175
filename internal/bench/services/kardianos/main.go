//go:build windows

// Kardianos is the service of the start-up benchmark, by github.com/kardianos/service. It reports
// START_PENDING without a checkpoint, so that the manager can't see when.
package main

import (
	"os"
	"time"

	"github.com/kardianos/service"
)

type program struct{ hold time.Duration }

func (p program) Start(service.Service) error {
	time.Sleep(p.hold)
	return nil
}

func (program) Stop(service.Service) error { return nil }

func main() {
	hold, _ := time.ParseDuration(os.Args[2])
	s, err := service.New(program{hold}, &service.Config{Name: os.Args[1]})
	if err == nil {
		err = s.Run()
	}
	if err != nil {
		os.Exit(1)
	}
}
