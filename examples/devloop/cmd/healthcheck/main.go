// Healthcheck requests a URL and exits with 1 unless the status is 200. It is the health check of
// containers whose image has no shell and no curl.
//
//	healthcheck http://localhost:8081/healthz
package main

import (
	"fmt"
	"net/http"
	"os"
	"time"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: healthcheck URL")
		os.Exit(2)
	}
	client := http.Client{Timeout: 2 * time.Second}
	res, err := client.Get(os.Args[1])
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", os.Args[1], res.Status)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
