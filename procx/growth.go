package procx

import (
	"slices"
	"time"
)

// A ledger is how many goroutines ran which function in the last rounds.
type ledger struct {
	times  []time.Time // of the last rounds, and of the one before: oldest first
	series map[string]*series
}

// A series is one function's line of a ledger.
type series struct {
	counts []int // at the ledger's times
	base   int   // before the first finding
	next   int   // the count from which it is a finding again
}

// A growing is a function whose series looks like a leak's, or whose goroutines are proved to be
// leaks.
type growing struct {
	function  string
	growth    int
	perMinute float64
	proved    bool
}

// enter adds what was counted at one time; nil means as much as the time before. It keeps as many
// rounds as the ledger is to judge by.
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

// growing returns the functions that are due to be found: those that rise as a leak does, in two
// thirds of the rounds, and by twice as much as when they were found.
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

// rise returns by how much the series has risen to stay, and in how many rounds. What falls again
// has not risen, so a peak that passes is nothing; and clients that all come back at once are one
// round's rise, where a leak's are many.
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

// found notes a finding. The next is due when the growth since before the first has doubled.
func (s *series) found(growth int) {
	if s.next == 0 {
		s.base = s.last() - growth
	}
	s.next = s.base + 2*(s.last()-s.base)
}
