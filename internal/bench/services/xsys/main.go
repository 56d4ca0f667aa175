//go:build windows

// Xsys is the service of the start-up benchmark, by golang.org/x/sys/windows/svc.
package main

import (
	"os"
	"time"

	"golang.org/x/sys/windows/svc"
)

type handler struct{ hold time.Duration }

func (h handler) Execute(_ []string, requests <-chan svc.ChangeRequest, status chan<- svc.Status) (bool, uint32) {
	status <- svc.Status{State: svc.StartPending, CheckPoint: 1, WaitHint: 6000}
	time.Sleep(h.hold)
	status <- svc.Status{State: svc.Running, Accepts: svc.AcceptStop | svc.AcceptShutdown}
	for r := range requests {
		if r.Cmd == svc.Stop || r.Cmd == svc.Shutdown {
			status <- svc.Status{State: svc.StopPending}
			break
		}
	}
	return false, 0
}

func main() {
	hold, _ := time.ParseDuration(os.Args[2])
	// As every program must ask that can also run on a console.
	if is, err := svc.IsWindowsService(); !is || err != nil {
		os.Exit(1)
	}
	if err := svc.Run(os.Args[1], handler{hold}); err != nil {
		os.Exit(1)
	}
}
