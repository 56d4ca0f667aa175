package procx

import (
	"slices"
	"time"
)

// A ledger records the number of goroutines per function in the last rounds.
type ledger struct {
	times  []time.Time // of the last rounds, and of the one before: oldest first
	series map[string]*series
}

// A series is one function's row of a ledger.
type series struct {
	counts []int // at the ledger's times
	base   int   // the count before the first finding
	next   int   // the count at which to report again
}

// A growing is a function whose series looks like a leak, or whose goroutines are proved to be
// leaks.
type growing struct {
	function  string
	growth    int
	perMinute float64
	proved    bool
}

// enter adds the counts at one time; nil means unchanged. It keeps the given number of rounds.
func (l *ledger) enter(now time.Time, counts tally, rounds int) {
	if l.series == nil {
		l.series = make(map[string]*series)
	}
	for function := range counts {
		if l.series[function] == nil {
			l.series[function] = &series{counts: make([]int, len(l.times))}
		}
	}
	drop := 0
	if len(l.times) > rounds {
		drop = 1
	}
	l.times = append(l.times[drop:], now)
	for function, s := range l.series {
		n := s.last()
		if counts != nil {
			n = counts[function]
		}
		s.counts = append(s.counts[drop:], n)
		if !slices.ContainsFunc(s.counts, func(n int) bool { return n > 0 }) {
			delete(l.series, function)
		}
	}
}

// growing returns the functions to report: those whose count grew in two thirds of the rounds, and
// by twice as much as at the last finding.
func (l *ledger) growing(rounds, threshold int, rate float64) []growing {
	var list []growing
	if len(l.times) <= rounds {
		return nil
	}
	minutes := max(l.times[rounds].Sub(l.times[0]), time.Millisecond).Minutes() // clocks may be coarse
	for function, s := range l.series {
		growth, rises := s.rise()
		perMinute := float64(growth) / minutes
		lasts := 3*rises >= 2*min(rounds, growth)
		if growth >= threshold && perMinute >= rate && lasts && s.last() >= s.next {
			list = append(list, growing{function, growth, perMinute, false})
		}
	}
	return list
}

func (s *series) last() int {
	if len(s.counts) == 0 {
		return 0
	}
	return s.counts[len(s.counts)-1]
}

// rise returns the lasting growth of the series and the number of rounds in which it grew. A
// temporary peak does not count. Clients that all reconnect at once grow the series in one round, a
// leak in many.
func (s *series) rise() (growth, rounds int) {
	low := s.last()
	for _, n := range slices.Backward(s.counts) {
		if n < low {
			low = n
			rounds++
		}
	}
	return s.last() - low, rounds
}

// found records a finding. The next one is due when the total growth has doubled.
func (s *series) found(growth int) {
	if s.next == 0 {
		s.base = s.last() - growth
	}
	s.next = s.base + 2*(s.last()-s.base)
}
