package firewall_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/netip"
	"os"

	"github.com/surefoot-go/surefoot/listen/firewall"
)

// A server that listens on all addresses reports at startup which networks can reach it.
func ExampleCheck() {
	v, err := firewall.Check(context.Background(), firewall.Query{Port: 8080})
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return // no Windows Firewall here
	case err != nil:
		log.Println(err)
	case v.Private != firewall.Allowed:
		log.Println("other machines can't connect:", v)
		for _, hint := range v.Hints {
			log.Println("  ", hint)
		}
	}
}

// The rules can come from anywhere: a test, another machine's registry.
func ExampleEvaluate() {
	var rules []firewall.Rule
	for _, text := range []string{
		`v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Private|LPort=8080|RA4=LocalSubnet|Name=Orders|`,
		`v2.30|Action=Block|Active=TRUE|Dir=In|Profile=Public|App=C:\srv\orders.exe|Name=Not in cafés|`,
	} {
		rule, err := firewall.ParseRule("", text)
		if err != nil {
			log.Fatal(err)
		}
		rules = append(rules, rule)
	}
	v := firewall.Evaluate(rules, firewall.Query{Program: `C:\srv\Orders.exe`, Port: 8080})
	fmt.Println(v)
	for _, note := range v.Notes {
		fmt.Println(note)
	}
	v = firewall.Evaluate(rules, firewall.Query{Program: `C:\srv\Orders.exe`, Port: 8080, Remote: netip.MustParseAddr("127.0.0.1")})
	fmt.Println(v.Notes[0])
	// Output:
	// domain: no rule, private: allowed, public: blocked
	// private: allow rule "Orders" applies only from LocalSubnet (IPv4)
	// public: block rule "Not in cafés" applies
	// loopback only: not filtered
}

func ExampleParseRule() {
	rule, err := firewall.ParseRule("{0D4B}", `v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=80|LPort2_10=8080-8090|RA4=10.0.0.0/8|Name=订单|`)
	fmt.Println(rule, rule.Protocol, rule.LocalPorts, rule.RemoteAddrs, err)
	_, err = firewall.ParseRule("{0D4B}", `v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=80000|`)
	fmt.Println(err)
	// Output:
	// allow rule "订单" TCP [80 8080-8090] [10.0.0.0-10.255.255.255] <nil>
	// firewall: rule "{0D4B}": field "LPort=80000": 80000 is above 65535
}

// An installer, or the service itself, adds the rule. Without sufficient rights, it prints the
// command that does.
func ExampleAllow() {
	exe, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	err = firewall.Allow(context.Background(), firewall.Rule{
		Name:        "Orders",
		Program:     exe,
		Protocol:    firewall.TCP,
		LocalPorts:  []firewall.Ports{{First: 8080, Last: 8080}},
		Profiles:    firewall.Domain | firewall.Private,
		RemoteAddrs: []firewall.Scope{{Keyword: "LocalSubnet"}},
	})
	var failed *firewall.Error
	if errors.Is(err, firewall.ErrElevation) && errors.As(err, &failed) {
		fmt.Println("run this as administrator:", failed.Command)
	}
}

// The Block rules that a cancelled prompt has left are removed by ID.
func ExampleRemove() {
	ctx := context.Background()
	v, err := firewall.Check(ctx, firewall.Query{Port: 8080})
	if err != nil {
		log.Print(err)
	}
	for _, rule := range v.Cancelled {
		if err := firewall.Remove(ctx, rule.ID); err != nil {
			log.Print(err)
		}
	}
}
