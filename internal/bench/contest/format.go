package contest

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Duration writes nanoseconds with three digits and the fitting unit.
func Duration(ns float64) string {
	return scaled(ns, []string{"ns", "µs", "ms", "s"})
}

// Quantity writes a number of things with the fitting prefix: 10 k, 1.5 M.
func Quantity(x float64, unit string) string {
	return strings.TrimSpace(scaled(x, []string{unit, "k" + unit, "M" + unit, "G" + unit}))
}

func scaled(x float64, units []string) string {
	i := 0
	for i < len(units)-1 && x >= 999.5 {
		x /= 1000
		i++
	}
	return Number(x) + " " + units[i]
}

// Number writes x with three digits, or as many as its whole part has, up to a million.
func Number(x float64) string {
	switch {
	case math.IsInf(x, 0):
		return "∞"
	case x >= 999_500:
		return Number(x/1e6) + " M"
	case x >= 99.95 || x == math.Trunc(x):
		return strconv.FormatFloat(x, 'f', 0, 64)
	case x >= 9.995:
		return strconv.FormatFloat(x, 'f', 1, 64)
	case x >= 0.0995:
		return strconv.FormatFloat(x, 'f', 2, 64)
	}
	return strconv.FormatFloat(x, 'g', 2, 64)
}

// cost writes what one unit of the contest's work costs.
func (r Result) cost(x float64) string {
	switch r.Metric {
	case Time:
		if r.Contest.Bytes > 0 {
			return Number(r.Contest.Bytes/x*1e3) + " MB/s"
		}
		return Duration(x)
	case CPU, Stopped:
		return Duration(x)
	case Size:
		return Quantity(x, "B")
	case Share:
		return Number(100*x) + " %"
	}
	return Number(x)
}

// Header are the columns of Columns.
var Header = []string{"contest", "surefoot", "peer", "ratio", "quartiles", "rounds", "asked", "met"}

// Columns writes the result for a table.
func (r Result) Columns() []string {
	if r.Without != "" {
		return []string{r.Name(), "–", r.Peer, "–", "–", "–", r.asked(), r.Without}
	}
	peer, ratio, spread := "–", "–", r.cost(r.Ratio.Q1)+"–"+r.cost(r.Ratio.Q3)
	if r.Peer != "" {
		peer = r.Peer + " " + r.cost(r.PeerCost)
		ratio, spread = "**"+Number(r.Ratio.Median)+"**", Number(r.Ratio.Q1)+"–"+Number(r.Ratio.Q3)
	}
	if r.Rounds == 1 {
		spread = "–"
	}
	met := "–"
	if r.Asked > 0 || r.Peer == "" {
		met = map[bool]string{true: "yes", false: "**no**"}[r.Met()]
	}
	return []string{r.Name(), r.cost(r.Cost), peer, ratio, spread, fmt.Sprint(r.Rounds), r.asked(), met}
}

func (r Result) asked() string {
	switch {
	case r.Peer == "":
		return "≤ " + r.cost(r.Asked)
	case r.Asked > 0:
		return "≥ " + Number(r.Asked)
	}
	return "–"
}

// Table writes rows under header as a Markdown table that is readable as it is.
func Table(header []string, rows [][]string) string {
	width := make([]int, len(header))
	for _, row := range append([][]string{header}, rows...) {
		for i, cell := range row {
			width[i] = max(width[i], len([]rune(cell)), len("---"))
		}
	}
	var b strings.Builder
	line := func(row []string, pad string) {
		for i, cell := range row {
			b.WriteString("| " + cell + strings.Repeat(pad, width[i]-len([]rune(cell))) + " ")
		}
		b.WriteString("|\n")
	}
	line(header, " ")
	rule := make([]string, len(header))
	for i := range rule {
		rule[i] = "---"
	}
	line(rule, "-")
	for _, row := range rows {
		line(row, " ")
	}
	return b.String()
}
