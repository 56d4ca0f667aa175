package procx

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestLedger(t *testing.T) {
	tests := []struct {
		name   string
		rounds int
		count  func(round int) int
		want   []int // the rounds with a finding, of 60
	}{
		{"none", 10, func(int) int { return 0 }, nil},
		{"steady", 10, func(int) int { return 100_000 }, nil},
		{"one per second", 10, func(i int) int { return 60 * i }, []int{10, 20, 40}},
		{"beside idle connections", 10, func(i int) int { return 100_000 + 60*i }, []int{10, 20, 40}},
		{"that come and go", 10, func(i int) int { return 1000 + i*7919%500 }, nil},
		{"and leak", 10, func(i int) int { return 1000 + i*7919%20 + 60*i }, []int{10, 21, 43}},
		{"too slow", 10, func(i int) int { return i / 2 }, nil},
		{"two per minute", 10, func(i int) int { return 2 * i }, []int{10, 20, 40}},
		{"below the threshold", 10, func(i int) int { return min(i, 9) }, nil},
		{"all come back at once", 10, func(i int) int {
			if i < 20 {
				return 10
			}
			return 50_000
		}, nil},
		{"a peak that passes", 10, func(i int) int { return 1000 * max(0, 5-max(i-20, 20-i)) }, nil},
		{"ends", 10, func(i int) int { return 60 * min(i, 15) }, []int{10}},
		{"starts late", 10, func(i int) int { return 60 * max(0, i-30) }, []int{37, 44, 58}},
		{"few rounds", 2, func(i int) int { return 60 * i }, []int{2, 4, 8, 16, 32}},
		{"one round", 1, func(i int) int { return 60 * i }, []int{1, 2, 4, 8, 16, 32}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var l ledger
			var got []int
			start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			for i := range 60 {
				counts := map[string]int{"f": tt.count(i), "g": 5}
				if tt.count(i) == 0 {
					delete(counts, "f")
				}
				l.enter(start.Add(time.Duration(i)*time.Minute), counts, tt.rounds)
				for _, g := range l.growing(tt.rounds, 20, 1) {
					assert.Equal(t, "f", g.function)
					l.series["f"].found(g.growth)
					got = append(got, i)
				}
			}
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestLedgerUnmoved(t *testing.T) {
	var l ledger
	now := time.Now()
	l.enter(now, nil, 2)
	l.enter(now, map[string]int{"f": 3}, 2)
	l.enter(now, nil, 2)
	assert.Equal(t, []int{0, 3, 3}, l.series["f"].counts)
	for range 3 {
		l.enter(now, map[string]int{"g": 1}, 2)
	}
	assert.NotContains(t, l.series, "f", "forgotten once it is gone")
	assert.Equal(t, []int{1, 1, 1}, l.series["g"].counts)
}
