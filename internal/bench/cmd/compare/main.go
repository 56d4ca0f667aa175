// Compare holds the contests of internal/bench and prints their ratios as a Markdown table. From
// the repository's root:
//
//	go run -C internal/bench ./cmd/compare                 every ratio
//	go run -C internal/bench ./cmd/compare -run ^pathx/    those of one package
//	go run -C internal/bench ./cmd/compare -short          a minute; on Linux, fails if a ratio of processor times is far off
//	go run -C internal/bench ./cmd/compare -figures        every ratio and curve, written where the documents have them
//
// internal/bench is a module of its own, so that its directory has to be the working directory, and
// names of files are relative to it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"time"

	"github.com/surefoot-go/surefoot/internal/bench"
	"github.com/surefoot-go/surefoot/internal/bench/contest"
)

func main() {
	bench.Helper()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func run() error {
	var documents []string
	options := contest.Full
	pattern := flag.String("run", "", "hold only the contests whose names match `REGEXP`")
	short := flag.Bool("short", false, "take a minute, and fail only if a ratio is far from what is asked")
	rounds := flag.Int("rounds", 0, "hold at most `N` rounds of each contest")
	plots := flag.String("plots", "", "also measure the curves, and draw them into `DIR`")
	flag.Func("md", "fill the tables between those markers of `FILE` that name this release of Go; may be repeated", func(name string) error {
		documents = append(documents, name)
		return nil
	})
	figures := flag.Bool("figures", false, "the same as -md figures-"+release()+".md -md ../../docs/figures.md -plots plots")
	flag.Parse()
	if *figures {
		documents, *plots = append(documents, "figures-"+release()+".md", "../../docs/figures.md"), "plots"
	}
	if *short {
		options = contest.Short
	}
	if *rounds > 0 {
		options.Rounds, options.Least = *rounds, min(options.Least, *rounds)
	}
	only, err := regexp.Compile(*pattern)
	switch {
	case err != nil:
		return err
	case flag.NArg() > 0:
		return fmt.Errorf("what is %q?", flag.Args())
	case len(documents) > 0 && (*pattern != "" || *short):
		return errors.New("a document gets all figures or none: no -run, no -short")
	}

	for _, name := range documents { // not after all has been measured
		if _, err := filled(name, (*regexp.Regexp).String); err != nil {
			return err
		}
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var contests []*contest.Contest
	for _, c := range bench.Contests() {
		if only.MatchString(c.Name) && (len(c.Rows) > 0 || *plots != "") && !(*short && c.Long) {
			contests = append(contests, c)
		}
	}
	where := machine()
	results, samples, failed := hold(ctx, contests, options)
	fmt.Print(table(results, regexp.MustCompile("")), "\n", where, "\n")
	if ctx.Err() != nil {
		return failed
	}
	for _, name := range documents {
		text, err := filled(name, func(pattern *regexp.Regexp) string { return table(results, pattern) + "\n" + where })
		if err == nil {
			err = os.WriteFile(name, []byte(text), 0o644)
		}
		if err != nil {
			return errors.Join(failed, err)
		}
	}
	if *plots != "" {
		if err := os.MkdirAll(*plots, 0o755); err != nil {
			return errors.Join(failed, err)
		}
		for name, svg := range bench.Plots(contests, samples) {
			if err := os.WriteFile(filepath.Join(*plots, name+".svg"), svg, 0o644); err != nil {
				return errors.Join(failed, err)
			}
		}
	}
	if *short {
		return errors.Join(failed, gross(results))
	}
	return failed
}

// hold holds the contests one after the other. One that fails does not keep the others from being
// held.
func hold(ctx context.Context, contests []*contest.Contest, o contest.Options) (results []contest.Result, samples map[*contest.Contest]contest.Samples, err error) {
	samples = map[*contest.Contest]contest.Samples{}
	for i, c := range contests {
		start := time.Now()
		fmt.Fprintf(os.Stderr, "%3d/%d  %s ", i+1, len(contests), c.Name)
		if len(c.Rows) == 0 {
			fmt.Fprintf(os.Stderr, "at %.0f ", c.X)
		}
		held, failed := c.Measure(contest.NewEnvironment(ctx), o)
		var rows []contest.Result
		if failed == nil {
			samples[c] = held
			rows, failed = c.Compare(held)
		}
		var skip contest.Skip
		switch {
		case errors.As(failed, &skip):
			rows = c.Without("not here")
			fmt.Fprintf(os.Stderr, "not here: %s ", skip)
		case failed != nil:
			rows = c.Without("failed")
			err = errors.Join(err, failed)
			fmt.Fprintf(os.Stderr, "failed: %v ", failed)
		}
		results = append(results, rows...)
		fmt.Fprintf(os.Stderr, "%.1f s\n", time.Since(start).Seconds())
		if ctx.Err() != nil {
			return results, samples, errors.New("interrupted")
		}
	}
	return results, samples, err
}

// table writes the results whose names match.
func table(results []contest.Result, pattern *regexp.Regexp) string {
	var rows [][]string
	for _, r := range results {
		if pattern.MatchString(r.Name()) {
			rows = append(rows, r.Columns())
		}
	}
	return contest.Table(contest.Header, rows)
}

// release is the release of Go that has built this program, such as go1.27.
func release() string { return regexp.MustCompile(`go1\.\d+`).FindString(runtime.Version()) }

// filled returns a document with the text of each section of this release.
func filled(name string, text func(*regexp.Regexp) string) (string, error) {
	old, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	document, err := contest.Fill(string(old), release(), text)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return document, nil
}

// gross returns an error about the results that no noise explains. What is asked was measured on
// Linux, so that other systems are only told.
func gross(results []contest.Result) (err error) {
	if runtime.GOOS != "linux" {
		return nil
	}
	for _, r := range results {
		if r.Gross() {
			err = errors.Join(err, fmt.Errorf("far off: %q", r.Columns()))
		}
	}
	return err
}
