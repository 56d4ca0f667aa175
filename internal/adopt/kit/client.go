package kit

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// A Client opens a connection to the service at an address. It returns a function that makes one
// request and checks the answer, and a function that closes the connection.
type Client func(address string) (request func(context.Context) error, hangUp func(), err error)

const (
	workers  = 4 // per address, in load
	patience = 20 * time.Second
)

// RunIfAsked runs the client and exits, if the command line requests it.
func (c Client) RunIfAsked() {
	if args := os.Args[1:]; len(args) > 1 && (args[0] == "request" || args[0] == "load") {
		os.Exit(c.main(args[0], args[1:]))
	}
}

// main runs a command of the client, and returns its exit code:
//
//	request ADDRESS...   one request to each
//	load ADDRESS...      requests to all until the service has gone; prints "loading" when all get
//	                     answers, and the number of answers at the end
func (c Client) main(command string, addresses []string) int {
	var answers atomic.Int64
	var loading, all sync.WaitGroup
	failed := make(chan error, len(addresses)*workers)
	each := workers
	if command == "request" {
		each = 1
	}
	for _, address := range addresses {
		for range each {
			loading.Add(1)
			all.Go(func() {
				first := sync.OnceFunc(loading.Done)
				defer first()
				request, hangUp, err := c(address)
				if err != nil {
					failed <- fmt.Errorf("%s: %w", address, err)
					return
				}
				defer hangUp()
				for n := 0; n == 0 || command == "load"; n++ {
					if err := once(request); err != nil {
						if n == 0 {
							failed <- fmt.Errorf("%s: %w", address, err)
						}
						return
					}
					answers.Add(1)
					first()
				}
			})
		}
	}
	loading.Wait()
	if command == "load" {
		fmt.Println("loading")
	}
	all.Wait()
	close(failed)
	code := 0
	for err := range failed {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	fmt.Println(answers.Load())
	return code
}

func once(request func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return request(ctx)
}

// HTTP is the client of a service that answers GET /.
func HTTP(address string) (request func(context.Context) error, hangUp func(), err error) {
	transport := &http.Transport{} // a connection of its own, and no proxy
	return func(ctx context.Context) error {
		return Get(ctx, &http.Client{Transport: transport}, "http://"+address+"/")
	}, transport.CloseIdleConnections, nil
}

// Get makes a request, and checks that the answer is that of [Service.Work].
func Get(ctx context.Context, client *http.Client, url string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	return Want(fmt.Sprint(answer.StatusCode, " ", string(text)), "200 served")
}

// Want returns an error if an answer is not the right one.
func Want(got, want string) error {
	if got != want {
		return fmt.Errorf("the answer is %q, not %q", got, want)
	}
	return nil
}
