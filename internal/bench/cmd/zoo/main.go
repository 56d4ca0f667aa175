// Zoo puts the specimens of internal/bench/zoo to procx and to goleak, and prints their verdicts
// side by side as a Markdown table. It fails if procx is wrong. From the repository's root:
//
//	go run -C internal/bench ./cmd/zoo
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"time"

	"github.com/surefoot-go/surefoot/internal/bench/zoo"
)

func main() {
	zoo.Main()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	wrong := run(ctx)
	if wrong > 0 {
		fmt.Fprintf(os.Stderr, "zoo: procx is wrong %d times\n", wrong)
		os.Exit(1)
	}
}

func run(ctx context.Context) (wrong int) {
	names := []string{"procx", "goleak"}
	verdicts := make([]map[string]zoo.Verdict, len(zoo.Specimens))
	places := make(chan struct{}, 4) // they wait most of the time
	var all sync.WaitGroup
	for i, s := range zoo.Specimens {
		verdicts[i] = make(map[string]zoo.Verdict)
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			for _, name := range names {
				verdicts[i][name] = zoo.Judge(ctx, name, s)
			}
		})
	}
	all.Wait()
	fmt.Println("| of | specimen | is a leak | procx | took | goleak | took |\n|---|---|---|---|---|---|---|")
	mistakes := map[string]int{}
	took := map[string]time.Duration{}
	var failures []string
	for i, s := range zoo.Specimens {
		fmt.Printf("| %s | %s | %s |", s.Group, s.Name, word(s.Leaks))
		for _, name := range names {
			v := verdicts[i][name]
			took[name] += v.Took
			switch {
			case v.Err != nil:
				fmt.Print(" **fails** | |")
				failures = append(failures, fmt.Sprintf("%s on %v", name, v.Err))
				mistakes[name]++
			case v.Leak != s.Leaks:
				fmt.Printf(" **%s** | %v |", word(v.Leak), v.Took.Round(time.Millisecond))
				mistakes[name]++
			default:
				fmt.Printf(" %s | %v |", word(v.Leak), v.Took.Round(time.Millisecond))
			}
		}
		fmt.Println()
	}
	fmt.Printf("| all | %d | | %d wrong | %v | %d wrong | %v |\n", len(zoo.Specimens),
		mistakes["procx"], took["procx"].Round(time.Millisecond), mistakes["goleak"], took["goleak"].Round(time.Millisecond))
	for _, f := range failures {
		line, _, _ := strings.Cut(f, "\n")
		fmt.Fprintln(os.Stderr, "zoo:", line)
	}
	return mistakes["procx"]
}

func word(leak bool) string {
	if leak {
		return "leak"
	}
	return "–"
}
