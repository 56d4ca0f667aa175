package bench

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/surefoot-go/surefoot/internal/bench/contest"
)

func TestMain(m *testing.M) {
	Helper()
	os.Exit(m.Run())
}

// BenchmarkContests has each side of each contest work, also those of the curves. -short leaves out
// those that take long.
func BenchmarkContests(b *testing.B) {
	for _, c := range Contests() {
		if c.Open == nil || testing.Short() && c.Long {
			continue // measured in another way, or long
		}
		b.Run(nameOf(c), func(b *testing.B) {
			sides := open(b, c)
			for _, side := range sides {
				b.Run(side.Name, func(b *testing.B) {
					b.SetBytes(int64(c.Bytes))
					b.ReportAllocs()
					if err := side.Do(b.N, b); err != nil {
						b.Fatal(err)
					}
				})
			}
		})
	}
}

// TestContests has each contest hold a round in which both sides do the work once. It says nothing
// of time.
func TestContests(t *testing.T) {
	for _, c := range Contests() {
		if c.Long || c.Own != nil {
			continue
		}
		t.Run(nameOf(c), func(t *testing.T) {
			for _, side := range open(t, c) {
				if err := side.Do(1, idleTimer{}); err != nil {
					t.Errorf("%s: %v", side.Name, err)
				}
			}
			for _, row := range c.Rows {
				if row.Ours == "" {
					t.Errorf("a row without a side: %+v", row)
				}
			}
			if _, ok := curves[c.Curve]; c.Curve != "" && !ok {
				t.Errorf("there is no curve %q", c.Curve)
			}
		})
	}
}

type idleTimer struct{}

func (idleTimer) ResetTimer() {}
func (idleTimer) StopTimer()  {}
func (idleTimer) StartTimer() {}

func open(tb testing.TB, c *contest.Contest) []contest.Side {
	tb.Helper()
	sides, err := c.Open(tb)
	var skip contest.Skip
	if errors.As(err, &skip) {
		tb.Skip(skip)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return sides
}

func nameOf(c *contest.Contest) string {
	if len(c.Rows) > 0 {
		return c.Name
	}
	return fmt.Sprintf("%s %.0f", c.Name, c.X)
}
