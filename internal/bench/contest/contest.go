// Package contest measures the same work done by several sides, in the same process and run.
//
// A round has each side work twice, in a random order and then in the reverse of it, and yields the
// ratio of each pair's costs: what disturbs the machine for longer than a round disturbs both, and
// a drift cancels. The result is the median of the rounds' ratios and, as their spread, the
// quartiles.
//
// Before each turn comes a garbage collection, so that a side pays for its own garbage only, and a
// quarter of the work without the clock, so that it finds its caches and pools as it left them.
package contest

import (
	"context"
	"fmt"
	"time"
)

// A Contest has sides and compares them in rows.
type Contest struct {
	Name  string // package/what
	Rows  []Row
	Long  bool // a short run leaves it out
	Least int  // rounds, even if they take long; 0: as the Options say

	// Open readies the sides, which stay ready until env ends. It returns an error if they don't do
	// the same work, and Skip where there can be no contest.
	Open func(env Env) ([]Side, error)

	// Own, instead of Open, does the measuring in another way.
	Own func(env Env, o Options) (Samples, error)

	// Contests of one Curve are its points, and X is where.
	Curve string
	X     float64

	Bytes float64 // what one unit of work goes through: times are shown as rates
}

// A Side is one that does a contest's work.
type Side struct {
	Name string
	Do   func(n int, t Timer) error // does it n times, and says if it went wrong
	Once int                        // how many times a turn is; 0: as many as fill it
}

// A Timer is running when Do is called; *testing.B is one.
type Timer interface {
	ResetTimer() // forgets what was
	StopTimer()
	StartTimer()
}

// Each returns a Do for a function that does the work once.
func Each(f func() error) func(int, Timer) error {
	return func(n int, _ Timer) error {
		for range n {
			if err := f(); err != nil {
				return err
			}
		}
		return nil
	}
}

// An Env is what a contest runs in. *testing.T and *testing.B are two.
type Env interface {
	Context() context.Context
	TempDir() string
	Setenv(key, value string)
	Cleanup(func())
}

// A Skip is the reason why there is no contest here.
type Skip string

func (s Skip) Error() string { return string(s) }

// A Metric is what is counted for each unit of work, always as a cost: less is better.
type Metric uint8

const (
	Time    Metric = iota // nanoseconds
	CPU                   // nanoseconds of the process's processor time
	Stopped               // nanoseconds for which the world was stopped, but for garbage collections
	Allocs                // allocations
	Size                  // bytes
	Share                 // of one processor core
	Count                 // things
)

// A Row compares the costs of two sides as the peer's divided by ours: above 1 we are ahead.
// Without a Peer it is about our cost alone.
type Row struct {
	What       string // "": nothing but the contest's name
	Ours, Peer string
	Metric     Metric

	// Asked is the ratio that is asked for, at least; 0: none. Without a peer it is the cost, at
	// most.
	Asked float64
	// Gross is what a short run fails at; 0: a third of the ratio or ten times the cost. A row
	// about time fails by the ratio of processor times, which other processes hardly change.
	Gross float64
}

// Options say how long to measure.
type Options struct {
	Rounds int           // at most
	Least  int           // and at least, even if that takes longer than
	Budget time.Duration // for the rounds of one contest
	Turn   time.Duration // what one side's turn takes, at least
}

// Full and short runs.
var (
	Full  = Options{Rounds: 41, Least: 7, Budget: 5 * time.Second, Turn: 4 * time.Millisecond}
	Short = Options{Rounds: 5, Least: 3, Budget: time.Second, Turn: time.Millisecond}
)

// Samples are the costs of one unit of work, in each round.
type Samples map[Key][]float64

// A Key says whose costs.
type Key struct {
	Side   string
	Metric Metric
}

// A Result is a row with its figures.
type Result struct {
	Contest *Contest
	Row
	Cost, PeerCost float64 // medians
	Ratio          Spread  // of the costs, or of our cost if there is no peer
	CPU            float64 // the median ratio of processor times, of a row about time; 0: the sides mostly waited
	Rounds         int
	Without        string // why there are no figures
}

// Compare makes the results of a contest's samples.
func (c *Contest) Compare(samples Samples) (results []Result, err error) {
	for _, row := range c.Rows {
		ours := samples[Key{row.Ours, row.Metric}]
		r := Result{Contest: c, Row: row, Rounds: len(ours)}
		if len(ours) == 0 {
			return nil, fmt.Errorf("%s: no samples of %q", c.Name, row.Ours)
		}
		r.Cost = Median(ours)
		r.Ratio = SpreadOf(ours)
		if row.Peer != "" {
			peer := samples[Key{row.Peer, row.Metric}]
			if len(peer) != len(ours) {
				return nil, fmt.Errorf("%s: %d samples of %q, %d of %q", c.Name, len(ours), row.Ours, len(peer), row.Peer)
			}
			r.PeerCost = Median(peer)
			r.Ratio = SpreadOf(Ratios(peer, ours))
			if row.Metric == Time {
				r.CPU = cpuRatio(samples, row)
			}
		}
		results = append(results, r)
	}
	return results, nil
}

// cpuRatio returns the median ratio of the processor times of a row about time, or 0 unless both
// sides worked for at least half of the time.
func cpuRatio(samples Samples, row Row) float64 {
	for _, side := range []string{row.Ours, row.Peer} {
		if cpu := samples[Key{side, CPU}]; len(cpu) == 0 || Median(cpu) < Median(samples[Key{side, Time}])/2 {
			return 0
		}
	}
	return SpreadOf(Ratios(samples[Key{row.Peer, CPU}], samples[Key{row.Ours, CPU}])).Median
}

// Met reports whether what was asked is there; always, if nothing was.
func (r Result) Met() bool { return r.Without != "" || r.within(r.Asked) }

// Gross reports whether it is missed by far, as no noise explains.
func (r Result) Gross() bool {
	limit := r.Row.Gross
	switch {
	case limit != 0:
	case r.Peer != "":
		limit = r.Asked / 3
	default:
		limit = r.Asked * 10
	}
	switch {
	case r.Without != "":
		return false
	case r.Peer != "" && r.Metric == Time:
		return r.CPU != 0 && r.CPU < limit
	}
	return !r.within(limit)
}

func (r Result) within(limit float64) bool {
	if r.Peer == "" {
		return r.Ratio.Median <= limit
	}
	return r.Ratio.Median >= limit
}

// Name is the contest's, and what the row is about.
func (r Result) Name() string {
	if r.What == "" {
		return r.Contest.Name
	}
	return r.Contest.Name + ": " + r.What
}

// Without makes results without figures, and why: a word or two.
func (c *Contest) Without(why string) (results []Result) {
	for _, row := range c.Rows {
		results = append(results, Result{Contest: c, Row: row, Without: why})
	}
	return results
}
