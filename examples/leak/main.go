// Leak is a service with a bug: an aborted request leaves a goroutine behind. It monitors itself
// and reports the line.
//
//	go run ./examples/leak
//	curl "http://localhost:8080/quote"               an answer
//	curl "http://localhost:8080/quote?slow=1"        given up, and leaked: do that 20 times
//	curl "http://localhost:8080/leaks"               where, and how many
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/surefoot-go/surefoot/procx"
)

// A service answers requests for quotes.
type service struct {
	patience time.Duration // that it has with those who know them
	watch    procx.WatchConfig
}

func main() {
	addr := flag.String("addr", "localhost:8080", "address of the service")
	every := flag.Duration("every", time.Second, "time between two rounds of the watcher; a real service takes a minute")
	flag.Parse()
	s := &service{
		patience: 100 * time.Millisecond,
		watch:    procx.WatchConfig{Every: *every, Rounds: 5, Threshold: 10},
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("serving http://%s/quote and /leaks", l.Addr())
	if err := s.run(ctx, l); err != nil {
		log.Fatal(err)
	}
}

// run serves on l until ctx ends.
func (s *service) run(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	watcher := procx.Watch(ctx, s.watch)
	mux := http.NewServeMux()
	mux.HandleFunc("/quote", s.quote)
	mux.HandleFunc("/leaks", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(watcher.Findings()) // the client may have gone
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}

	g := procx.NewGroup(ctx, "leak")
	g.Go("serve", func(context.Context) error {
		if err := server.Serve(l); err != http.ErrServerClosed {
			return err
		}
		return nil
	})
	g.Go("shut down", func(ctx context.Context) error {
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return server.Shutdown(last)
	})
	err := g.Wait()
	cancel() // if it could not serve, ctx is still open
	watcher.Wait()
	return err
}

// quote asks for a quote, and gives up when that takes too long.
func (s *service) quote(w http.ResponseWriter, r *http.Request) {
	answer := make(chan string) // the bug: with room for one, the sender would not have to wait
	go s.ask(answer, r.FormValue("slow") != "")
	select {
	case q := <-answer:
		fmt.Fprintln(w, q)
	case <-time.After(s.patience):
		http.Error(w, "no answer in time", http.StatusGatewayTimeout)
	}
}

func (s *service) ask(answer chan<- string, slow bool) {
	if slow {
		time.Sleep(2 * s.patience)
	}
	answer <- "Errors are values."
}
