package inspect_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"log"
	"net/http"
	"os"
	"sync/atomic"

	"github.com/surefoot-go/surefoot/procx/inspect"
)

func ExampleServe() {
	var queued atomic.Int64
	s, err := inspect.Serve(context.Background(), inspect.Options{
		Vars: func(yield func(string, any) bool) { yield("queued", queued.Load()) },
	})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	resp, err := http.Get(s.URL() + "/debug/pprof/heap")
	if err != nil {
		log.Print(err)
		return
	}
	resp.Body.Close()
	fmt.Println(resp.Status)

	// This is the request of a page whose name was made to resolve to this machine.
	req, _ := http.NewRequest("GET", s.URL()+"/debug/pprof/heap", nil)
	req.Host = "attacker.example"
	resp, err = http.DefaultClient.Do(req)
	if err != nil {
		log.Print(err)
		return
	}
	resp.Body.Close()
	fmt.Println(resp.Status)
	// Output:
	// 200 OK
	// 403 Forbidden
}

func ExampleServe_beyondThisMachine() {
	cert, err := tls.LoadX509KeyPair("cert.pem", "key.pem")
	if err != nil {
		log.Fatal(err)
	}
	s, err := inspect.Serve(context.Background(), inspect.Options{
		Addr:  ":6060",
		Token: os.Getenv("DEBUG_TOKEN"),
		TLS:   &tls.Config{Certificates: []tls.Certificate{cert}},
	})
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("go tool pprof https+insecure://:$DEBUG_TOKEN@… works, with the host of %s", s.URL())
}

func ExampleBuildOf() {
	r, err := inspect.BuildOf("service.exe") // of any system
	if err != nil {
		log.Fatal(err)
	}
	if r.Verdict != inspect.Debuggable {
		fmt.Printf("%s: %s\nmend it by: %s\n", r.Verdict, r.Reason, r.Fix)
	}
}

func ExampleBuild() {
	if r := inspect.Build(); r.VCS.Modified {
		log.Printf("built from %s with changes that are not in it", r.VCS.Revision)
	}
}

func ExampleDebuggerAttached() {
	attached, err := inspect.DebuggerAttached()
	if err == nil && attached {
		log.Print("a debugger holds this process: timeouts are off")
	}
}
