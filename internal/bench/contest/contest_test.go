package contest

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSpread(t *testing.T) {
	inf := math.Inf(1)
	for _, tt := range []struct {
		values []float64
		want   Spread
	}{
		{[]float64{3}, Spread{3, 3, 3}},
		{[]float64{2, 1}, Spread{1.25, 1.5, 1.75}},
		{[]float64{5, 1, 4, 2, 3}, Spread{2, 3, 4}},
		{[]float64{1, inf, inf, inf}, Spread{inf, inf, inf}},
		{[]float64{inf, 1, 2}, Spread{1.5, 2, inf}},
	} {
		values := append([]float64{}, tt.values...)
		assert.Equal(t, tt.want, SpreadOf(values))
		assert.Equal(t, tt.values, values, "the argument is left as it is")
	}
	assert.Equal(t, []float64{2, 0.5, 1, inf}, Ratios([]float64{4, 1, 0, 1}, []float64{2, 2, 0, 0}))
}

func TestNumbers(t *testing.T) {
	for want, x := range map[string]float64{
		"0": 0, "0.051": 0.0512, "0.97": 0.9701, "1.30": 1.301, "10.0": 9.996, "12.3": 12.34, "100": 99.96, "4300": 4300, "1.20 M": 1.2e6, "∞": math.Inf(1),
	} {
		assert.Equal(t, want, Number(x))
	}
	assert.Equal(t, []string{"4.60 ns", "1.00 µs", "1 ms", "60 s"}, []string{Duration(4.6), Duration(999.7), Duration(1e6), Duration(60e9)})
	assert.Equal(t, []string{"1", "100 k", "377 kB"}, []string{Quantity(1, ""), Quantity(1e5, ""), Quantity(376_832, "B")})
}

// Costs that are made up show what becomes of them.
func TestCompare(t *testing.T) {
	c := &Contest{Name: "p/x", Rows: []Row{
		{Ours: "a", Peer: "b", Asked: 2},
		{What: "twice", Ours: "a", Peer: "b", Asked: 4},
		{What: "far", Ours: "a", Peer: "b", Asked: 9},
		{What: "wide", Ours: "a", Peer: "b", Asked: 9, Gross: 2.5},
		{What: "no wish", Ours: "a", Peer: "b"},
		{What: "alone", Ours: "a", Asked: 50},
		{What: "none", Ours: "a", Metric: Allocs},
		{What: "a busy machine", Ours: "a", Peer: "late", Asked: 2},
		{What: "waits", Ours: "a", Peer: "waiting", Asked: 9},
	}}
	results, err := c.Compare(Samples{
		{"a", Time}: {100, 200, 100}, {"a", CPU}: {100, 100, 100}, {"a", Allocs}: {1},
		{"b", Time}: {300, 400, 250}, {"b", CPU}: {250, 250, 250},
		{"late", Time}: {50, 50, 50}, {"late", CPU}: {50, 75, 75},
		{"waiting", Time}: {100, 100, 100}, {"waiting", CPU}: {1, 1, 1},
	})
	require.NoError(t, err)
	var met, gross []bool
	for _, r := range results {
		met, gross = append(met, r.Met()), append(gross, r.Gross())
	}
	assert.Equal(t, []bool{true, false, false, false, true, false, false, false, false}, met)
	assert.Equal(t, []bool{false, false, true, false, false, false, true, false, false}, gross)
	assert.Equal(t, []string{"p/x", "100 ns", "b 300 ns", "**2.50**", "2.25–2.75", "3", "≥ 2", "yes"}, results[0].Columns())
	assert.Equal(t, []string{"p/x: alone", "100 ns", "–", "–", "100 ns–150 ns", "3", "≤ 50 ns", "**no**"}, results[5].Columns())

	without := c.Without("not here")[2]
	assert.Equal(t, []string{"p/x: far", "–", "b", "–", "–", "–", "≥ 9", "not here"}, without.Columns())
	assert.False(t, without.Gross())

	_, err = c.Compare(Samples{{"a", Time}: {100, 200}, {"b", Time}: {300}})
	assert.Error(t, err)
}

// One side takes a hundred times as long as the other, which is more than any machine's noise.
func TestMeasure(t *testing.T) {
	spin := func(d time.Duration) func() error {
		return func() error {
			for start := time.Now(); time.Since(start) < d; {
			}
			return nil
		}
	}
	cleaned := false
	c := &Contest{Name: "p/x", Rows: []Row{{Ours: "quick", Peer: "slow", Asked: 2}, {Ours: "quick", Metric: Allocs}, {Ours: "slow", Metric: Stopped}},
		Open: func(env Env) ([]Side, error) {
			env.Cleanup(func() { cleaned = true })
			return []Side{{Name: "quick", Do: Each(spin(10 * time.Microsecond))}, {Name: "slow", Do: Each(spin(time.Millisecond))}}, nil
		}}
	samples, err := c.Measure(NewEnvironment(t.Context()), Options{Rounds: 5, Least: 3, Turn: time.Millisecond})
	require.NoError(t, err)
	assert.True(t, cleaned)
	results, err := c.Compare(samples)
	require.NoError(t, err)
	assert.Equal(t, 3, results[0].Rounds, "no budget: the least")
	assert.True(t, results[0].Met(), results[0].Columns())
	assert.GreaterOrEqual(t, results[0].Cost, 10_000.)
	assert.Zero(t, results[1].Cost, "allocations")

	broken := errors.New("broken")
	c.Open = func(Env) ([]Side, error) {
		return []Side{{Name: "quick", Do: Each(func() error { return broken })}}, nil
	}
	_, err = c.Measure(NewEnvironment(t.Context()), Short)
	assert.ErrorIs(t, err, broken)
}

// The clock counts only while it runs.
func TestTimer(t *testing.T) {
	const long = 20 * time.Millisecond
	var w stopwatch
	w.ResetTimer()
	time.Sleep(long)
	w.StopTimer()
	once := w.cost[Time]
	assert.GreaterOrEqual(t, once, float64(long))
	assert.Less(t, w.cost[CPU], once)

	time.Sleep(long)
	w.StopTimer()
	assert.Equal(t, once, w.cost[Time], "it stood still")
	w.StartTimer()
	time.Sleep(long)
	w.StopTimer()
	assert.GreaterOrEqual(t, w.cost[Time], once+float64(long))

	start := time.Now()
	w.ResetTimer()
	w.StopTimer()
	assert.LessOrEqual(t, w.cost[Time], float64(time.Since(start)), "it forgot")
}

func TestEnvironment(t *testing.T) {
	t.Setenv("SUREFOOT_BENCH_TEST", "before")
	env := NewEnvironment(context.Background())
	env.Setenv("SUREFOOT_BENCH_TEST", "within")
	file := filepath.Join(env.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	assert.Equal(t, "within", os.Getenv("SUREFOOT_BENCH_TEST"))
	env.Close()
	assert.Equal(t, "before", os.Getenv("SUREFOOT_BENCH_TEST"))
	assert.NoFileExists(t, file)
	assert.Error(t, env.Context().Err())
}

func TestTable(t *testing.T) {
	assert.Equal(t, "| µ   | b    |\n| --- | ---- |\n| 1   | long |\n", Table([]string{"µ", "b"}, [][]string{{"1", "long"}}))
}

func TestFill(t *testing.T) {
	text := func(r *regexp.Regexp) string { return "rows of " + r.String() + "\n" }
	once, err := Fill("a\n<!-- compare go1.27: ^p/ -->\nold\n<!-- /compare -->\nb\n<!-- compare go1.26: . -->\nolder\n<!-- /compare -->\n", "go1.27", text)
	require.NoError(t, err)
	assert.Equal(t, "a\n<!-- compare go1.27: ^p/ -->\n\nrows of ^p/\n\n<!-- /compare -->\nb\n<!-- compare go1.26: . -->\nolder\n<!-- /compare -->\n", once)
	twice, err := Fill(once, "go1.27", text)
	require.NoError(t, err)
	assert.Equal(t, once, twice)

	for _, document := range []string{"no markers", once, "<!-- compare go1.28: ( -->\n<!-- /compare -->"} {
		_, err = Fill(document, "go1.28", text)
		assert.Error(t, err)
	}
}
