package contest

import (
	"math"
	"slices"
)

// A Spread is a median and its quartiles.
type Spread struct{ Q1, Median, Q3 float64 }

// SpreadOf returns the spread of values, of which there is one at least.
func SpreadOf(values []float64) Spread {
	sorted := slices.Sorted(slices.Values(values))
	return Spread{quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75)}
}

// Median returns the median of values, of which there is one at least.
func Median(values []float64) float64 { return SpreadOf(values).Median }

// quantile is between the two values around p, in proportion: type 7 of Hyndman and Fan.
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	low, part := math.Modf(at)
	i := int(low)
	if part == 0 || sorted[i] == sorted[i+1] { // also if both are infinite
		return sorted[i]
	}
	return sorted[i] + part*(sorted[i+1]-sorted[i])
}

// Ratios divides each of a by its pair in b. Nothing by nothing is 1.
func Ratios(a, b []float64) []float64 {
	ratios := make([]float64, len(a))
	for i := range a {
		if ratios[i] = a[i] / b[i]; a[i] == 0 && b[i] == 0 {
			ratios[i] = 1
		}
	}
	return ratios
}
