package kit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// A Client opens a connection to the service at an address. It returns a function that makes one
// request and returns the answer of [Service.Work], and a function that closes the connection.
type Client func(address string) (request func(context.Context) (answer string, err error), hangUp func(), err error)

// The answers to a request, by the settings.
const (
	Answer   = "served"
	Reloaded = "served as newly set" // after a reload
)

const (
	workers  = 4 // per address, in load
	patience = 20 * time.Second
)

// RunIfAsked runs one of these commands and exits, if the command line requests it:
//
//	request ADDRESS...   one request to each
//	load ADDRESS...      requests to all until the service has gone; see [Client.load]
//	reload SERVICE       ask the service manager to have the service reload
func (c Client) RunIfAsked() {
	args := os.Args[1:]
	if len(args) < 2 {
		return
	}
	var err error
	switch args[0] {
	case "request":
		err = c.request(args[1:])
	case "load":
		err = c.load(args[1:])
	case "reload":
		err = reload(args[1])
	default:
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// request makes a request to each address, and prints the number of answers.
func (c Client) request(addresses []string) error {
	for _, address := range addresses {
		request, hangUp, err := c(address)
		if err != nil {
			return fmt.Errorf("%s: %w", address, err)
		}
		defer hangUp()
		answer, err := once(request)
		if err == nil && answer != Answer {
			err = fmt.Errorf("the answer is %q", answer)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", address, err)
		}
	}
	fmt.Println(len(addresses))
	return nil
}

// load makes requests to all addresses until the service has gone. It prints "loading" when all
// workers get answers, "reloaded" when all get those of the new settings, "stopping" when its
// standard input has ended, and the number of answers at the end. A request that fails before
// "stopping" is an error, and so is an answer of the old settings after one of the new.
func (c Client) load(addresses []string) error {
	var answers atomic.Int64
	var stopping atomic.Bool
	var loading, reloaded, all sync.WaitGroup
	failed := make(chan error, len(addresses)*workers)
	for _, address := range addresses {
		for range workers {
			loading.Add(1)
			reloaded.Add(1)
			all.Go(func() {
				begun, renewed := sync.OnceFunc(loading.Done), sync.OnceFunc(reloaded.Done)
				defer renewed()
				defer begun()
				request, hangUp, err := c(address)
				if err != nil {
					failed <- fmt.Errorf("%s: %w", address, err)
					return
				}
				defer hangUp()
				for want := Answer; ; {
					answer, err := once(request)
					if answer == Reloaded {
						want = Reloaded
						renewed()
					}
					switch {
					case err == nil && answer == want:
						answers.Add(1)
						begun()
						continue
					case err == nil:
						failed <- fmt.Errorf("%s: after %q the answer is %q", address, want, answer)
					case want == Answer:
						failed <- fmt.Errorf("%s: never %q: %w", address, Reloaded, err)
					case !stopping.Load():
						failed <- fmt.Errorf("%s: %w", address, err)
					}
					return
				}
			})
		}
	}
	loading.Wait()
	fmt.Println("loading")
	go func() {
		io.Copy(io.Discard, os.Stdin)
		stopping.Store(true)
		fmt.Println("stopping")
	}()
	reloaded.Wait()
	fmt.Println("reloaded")
	all.Wait()
	fmt.Println(answers.Load())
	close(failed)
	var err error
	for e := range failed {
		err = errors.Join(err, e)
	}
	return err
}

func once(request func(context.Context) (string, error)) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return request(ctx)
}

// HTTP is the client of a service that answers GET /.
func HTTP(address string) (request func(context.Context) (string, error), hangUp func(), err error) {
	transport := &http.Transport{} // a connection of its own, and no proxy
	return func(ctx context.Context) (string, error) {
		return Get(ctx, &http.Client{Transport: transport}, "http://"+address+"/")
	}, transport.CloseIdleConnections, nil
}

// Get makes a request, and returns the body of the answer.
func Get(ctx context.Context, client *http.Client, url string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	answer, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = errors.New(answer.Status)
	}
	return string(text), err
}
