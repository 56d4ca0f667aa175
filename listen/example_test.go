package listen_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/surefoot-go/surefoot/listen"
)

func ExampleDual() {
	l, err := listen.Dual(":8080")
	if err != nil {
		log.Fatal(err) // names the port's owner and says what to do
	}
	server := &http.Server{Handler: http.NotFoundHandler()}
	log.Fatal(server.Serve(l)) // svcx.Serve also stops it and waits for active requests
}

func ExampleConfig_Listen() {
	c := listen.Config{
		Require:   listen.IPv4, // IPv6 only if the machine has it
		KeepAlive: net.KeepAliveConfig{Enable: true, Idle: time.Minute},
	}
	l, err := c.Listen(context.Background(), "localhost:0")
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	fmt.Println(l.Addr().(*net.TCPAddr).IP)
	// Output: 127.0.0.1
}

func ExampleListener_Listeners() {
	l, err := listen.Dual(":8080")
	if err != nil {
		log.Fatal(err)
	}
	srv := &http.Server{Handler: http.NotFoundHandler()}
	ended := make(chan error)
	for _, ln := range l.Listeners() {
		go func() { ended <- srv.Serve(ln) }()
	}
	log.Fatal(<-ended)
}

func ExampleListener_Skipped() {
	l, err := listen.Dual(":8080")
	if err != nil {
		log.Fatal(err)
	}
	for _, skip := range l.Skipped() {
		log.Print("not listening on ", skip)
	}
}

func ExampleListener_SetDeadline() {
	l, err := listen.Dual("localhost:0")
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	l.SetDeadline(time.Now().Add(10 * time.Millisecond))
	_, err = l.Accept()
	var ne net.Error
	fmt.Println(errors.As(err, &ne) && ne.Timeout())
	// Output: true
}

func ExampleError() {
	first, err := listen.Dual("localhost:0")
	if err != nil {
		log.Fatal(err)
	}
	defer first.Close()

	_, err = listen.Dual(first.Addr().String())
	fmt.Println(errors.Is(err, listen.ErrInUse))
	var refused *listen.Error
	if errors.As(err, &refused) {
		for _, owner := range refused.Owners {
			log.Print("in use by ", owner)
		}
		for _, hint := range refused.Hints {
			log.Print("try: ", hint)
		}
	}
	// Output: true
}

func ExampleProbe() {
	log.Print("network stack: ", listen.Probe())
}

func ExampleStack_String() {
	fmt.Println(listen.Stack{IPv4: true, IPv6: true, V4Mapped: true, Notes: []string{"[::1]: bind: cannot assign requested address"}})
	// Output: IPv4, IPv6, no [::1], v4-mapped, bindv6only=0 ([::1]: bind: cannot assign requested address)
}

func ExampleOwners() {
	owners, err := listen.Owners(context.Background(), 8080)
	if err != nil {
		log.Fatal(err)
	}
	for _, o := range owners {
		fmt.Println(o) // nginx (pid 812) at 0.0.0.0:8080
	}
}

func ExampleReserved() {
	ranges, err := listen.Reserved(context.Background())
	if errors.Is(err, errors.ErrUnsupported) {
		return // not Windows
	}
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range ranges {
		if r.Contains(8080) && !r.Administered {
			log.Printf("8080 can't be bound: Windows has reserved %v", r)
		}
	}
}

func ExamplePortRange_Contains() {
	r := listen.PortRange{First: 50000, Last: 50059, Administered: true}
	fmt.Println(r, r.Contains(50059))
	// Output: 50000-50059* true
}

func ExampleFamilies() {
	fmt.Println(listen.IPv4, listen.IPv4|listen.IPv6)
	// Output: IPv4 IPv4+IPv6
}

func ExampleListener_Addrs() {
	l, err := listen.Dual("127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	for _, addr := range l.Addrs() { // one for each socket: two after Dual(":0")
		host, _, _ := net.SplitHostPort(addr.String())
		fmt.Println("listening on", host)
	}
	// Output: listening on 127.0.0.1
}

// An HTTP/3 server runs a goroutine for each family.
func ExampleDualUDP() {
	conns, err := listen.DualUDP("localhost:0")
	if err != nil {
		log.Fatal(err)
	}
	for _, conn := range conns {
		defer conn.Close()
		fmt.Println("listening on", conn.LocalAddr().(*net.UDPAddr).IP)
	}
}

func ExampleConfig_ListenUDP() {
	c := listen.Config{Require: listen.IPv4, Patience: 5 * time.Second}
	conns, err := c.ListenUDP(context.Background(), "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer conns[0].Close()
	fmt.Println(len(conns), conns[0].LocalAddr().(*net.UDPAddr).IP) // 1 127.0.0.1
}
