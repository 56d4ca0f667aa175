// Package fake is a service for dev's tests. It behaves like a service of this module but only uses
// the standard library, so that it builds quickly when the tests copy it.
package fake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

// Main is a service that tells its version in X-Version, in these manners:
//
//	ok       as a service should
//	exit     ends at once, with exit code 3
//	unready  never becomes ready
//
// It expects FAKE_NEEDS, if set, to be the URL of a service that is ready, and listens at
// DEBUG_ADDR, if set, besides.
func Main(version, manner string) int {
	if len(os.Args) > 1 && os.Args[1] == "descendant" {
		time.Sleep(time.Hour)
	}
	fmt.Printf("version %s, 版本 %s\n", version, manner)
	if manner == "exit" {
		fmt.Fprintln(os.Stderr, "no database")
		return 3
	}
	if url := os.Getenv("FAKE_NEEDS"); url != "" {
		resp, err := http.Get(url + "/readyz")
		if err != nil || resp.StatusCode != http.StatusOK {
			fmt.Fprintln(os.Stderr, "started before what it needs:", resp, err)
			return 4
		}
	}
	if addr := os.Getenv("DEBUG_ADDR"); addr != "" {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 5
		}
		defer l.Close()
	}
	if err := serve(version, manner); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func serve(version, manner string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	l, err := net.Listen("tcp", os.Getenv("LISTEN"))
	if err != nil {
		return err
	}
	if file := os.Getenv("ADDR_FILE"); file != "" {
		if err := os.WriteFile(file+".new", []byte("http://"+l.Addr().String()), 0o600); err != nil {
			return err
		}
		if err := os.Rename(file+".new", file); err != nil {
			return err
		}
	}
	var ready atomic.Bool
	ready.Store(manner != "unready")
	server := &http.Server{Handler: handler(version, &ready), Protocols: new(http.Protocols)}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	down := make(chan error, 1)
	context.AfterFunc(ctx, func() { down <- server.Shutdown(context.Background()) })
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-down // Serve returns when Shutdown begins; the requests under way come first
}

func handler(version string, ready *atomic.Bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if !ready.Load() {
			http.Error(w, "no database", http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "# TYPE go_goroutines gauge\ngo_goroutines %d\n", runtime.NumGoroutine())
	})
	mux.HandleFunc("POST /ready/{value}", func(w http.ResponseWriter, r *http.Request) {
		ready.Store(r.PathValue("value") == "true")
	})
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Version", version)
		io.Copy(w, r.Body)
	})
	// A call in the way of gRPC: what it has come to stands in the trailer.
	mux.HandleFunc("POST /call", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Version", version)
		w.Header().Set("Trailer", "Grpc-Status")
		io.Copy(w, r.Body)
		w.Header().Set("Grpc-Status", "0")
	})
	mux.HandleFunc("GET /events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprintf(w, "data: %s\n\n", version)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("POST /exit/{code}", func(w http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.PathValue("code"))
		os.Exit(code)
	})
	// It starts a process that outlives this one, unless that is prevented, and prints both
	// numbers.
	mux.HandleFunc("POST /descendant", func(w http.ResponseWriter, r *http.Request) {
		cmd := exec.Command(os.Args[0], "descendant")
		cmd.Stdout = os.Stdout
		if err := cmd.Start(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, os.Getpid(), cmd.Process.Pid)
	})
	return mux
}
