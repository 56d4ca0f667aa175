package svcx_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/surefoot-go/surefoot/svcx"
)

func ExampleService_Install() {
	ctx := context.Background()
	service := &svcx.Service{
		Name:          "orders",
		DisplayName:   "Orders",
		Account:       `NT SERVICE\orders`, // no password, few rights
		DependsOn:     []string{"Tcpip"},
		RestartDelays: []time.Duration{time.Second, time.Minute},
		Main:          func(ctx context.Context) error { <-ctx.Done(); return nil },
	}
	switch err := service.Install(ctx); {
	case errors.Is(err, svcx.ErrAccessDenied):
		log.Fatal("run this as administrator")
	case err != nil:
		log.Fatal(err) // all changes were undone
	}
	if err := service.Start(ctx); err != nil && !errors.Is(err, svcx.ErrAlreadyRunning) {
		log.Fatal(err)
	}
}

func ExampleService_Converge() {
	service := &svcx.Service{Name: "orders", StopTimeout: time.Minute}
	changed, err := service.Converge(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, what := range changed {
		fmt.Println(what) // such as "time to shut down: 25s -> 1m5s"
	}
}

func ExampleService_Status() {
	st, err := (&svcx.Service{Name: "orders"}).Status(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	if st.State == svcx.Stopped && st.ExitCode != 0 {
		fmt.Println("it has failed with", st.ExitCode)
	}
}

func ExampleService_Render() {
	service := &svcx.Service{Name: "orders", Executable: "/opt/orders/orders", Args: []string{"-listen", ":80"}, Account: "orders"}
	unit, err := service.Render(svcx.Systemd)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s", unit)
	// Output:
	// [Unit]
	// Description=orders
	// After=network.target
	// StartLimitIntervalSec=0
	//
	// [Service]
	// Type=notify
	// ExecStart=/opt/orders/orders -listen :80
	// WorkingDirectory=/opt/orders
	// User=orders
	// Restart=on-failure
	// RestartSec=1
	// TimeoutStopSec=25
	// NoNewPrivileges=yes
	// ProtectSystem=full
	// PrivateTmp=yes
	// ConfigurationDirectory=orders
	// StateDirectory=orders
	// CacheDirectory=orders
	// LogsDirectory=orders
	// RuntimeDirectory=orders
	//
	// [Install]
	// WantedBy=multi-user.target
}

func ExampleUnder() {
	if svcx.Under() == svcx.Console {
		fmt.Println("press Ctrl+C to stop")
	}
}

func ExampleAlive() {
	process := func(job string) error { return nil }
	jobs := make(chan string)
	service := &svcx.Service{
		Name:     "orders",
		Watchdog: time.Minute,
		Main: func(ctx context.Context) error {
			svcx.Ready(ctx)
			look := time.NewTicker(10 * time.Second)
			defer look.Stop()
			for {
				svcx.Alive(ctx) // not called if a job hangs
				select {
				case job := <-jobs:
					if err := process(job); err != nil {
						return err
					}
				case <-look.C:
				case <-ctx.Done():
					return nil
				}
			}
		},
	}
	svcx.Main(service)
}

func ExampleService_Uninstall() {
	service := &svcx.Service{Name: "orders"}
	switch err := service.Uninstall(context.Background()); {
	case errors.Is(err, svcx.ErrNotInstalled):
		fmt.Println("there is none")
	case errors.Is(err, svcx.ErrMarkedForDelete):
		fmt.Println("close the Services window: it goes when nobody looks at it")
	case err != nil:
		log.Fatal(err)
	}
}

func ExampleService_Restart() {
	service := &svcx.Service{Name: "orders", Env: map[string]string{"REGION": "eu"}}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	changed, err := service.Converge(ctx)
	if err == nil && len(changed) > 0 {
		err = service.Restart(ctx) // a running process does not have the new settings yet
	}
	if err != nil {
		log.Fatal(err)
	}
}

// An installer that replaces a service's program calls Upgrade instead of stopping, copying and
// starting: Upgrade restores the old program if the new one does not work.
func ExampleService_Upgrade() {
	s := &svcx.Service{Name: "orders", StartTimeout: time.Minute}
	if err := s.Upgrade(context.Background(), "/tmp/orders-1.3"); err != nil {
		log.Fatal(err) // the old program is running; err has the output of the new one
	}
}
