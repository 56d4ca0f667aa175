package bench

import (
	"slices"
	"strings"

	"github.com/surefoot-go/surefoot/internal/bench/contest"
	"github.com/surefoot-go/surefoot/internal/bench/plot"
)

// A curve is what the contests of one Curve show: how costs grow.
type curve struct {
	title, x, y string
	unitX       string
	rate        bool // and not the time of one
	unitY       string
}

var curves = map[string]curve{
	"listen-concurrency": {title: "Accepting connections over both families", x: "clients at once", y: "connections per second",
		rate: true},
	"pathx-places":    {title: "Looking for a file that is nowhere", x: "places to look", y: "time per search"},
	"consolex-length": {title: "Decoding GBK", x: "bytes per write", unitX: "B", y: "throughput", rate: true, unitY: "B/s"},
	"eventx-length":   {title: "Logging a long message", x: "bytes of the message", unitX: "B", y: "time per event, to a log that discards it"},
	"eventx-rate":     {title: "Logging at a rate", x: "events per second", y: "time that a call takes, to a log that discards"},
	"procx-clean":     {title: "Did a test that started nothing leak?", x: "other goroutines", y: "time per check"},
	"procx-look":      {title: "Is there any goroutine but the known ones?", x: "goroutines", y: "time per look"},
}

// Plots draws the curves, under their names, of the contests that were held: whose samples are
// there.
func Plots(contests []*contest.Contest, samples map[*contest.Contest]contest.Samples) map[string][]byte {
	plots := map[string]*plot.Plot{}
	for _, c := range contests {
		held := samples[c]
		if c.Curve == "" || held == nil {
			continue
		}
		curve := curves[c.Curve]
		p := plots[c.Curve]
		if p == nil {
			p = &plot.Plot{Title: curve.title, X: curve.x, Y: curve.y,
				XTick: func(x float64) string { return sizeLabel(x, curve.unitX) },
				YTick: contest.Duration}
			if curve.rate {
				p.YTick = func(y float64) string { return contest.Quantity(y, curve.unitY) }
			}
			plots[c.Curve] = p
		}
		ours, _, _ := strings.Cut(c.Name, "/")
		var names []string
		for key := range held {
			if key.Metric == contest.Time {
				names = append(names, key.Side)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			y := contest.Median(held[contest.Key{Side: name}])
			if curve.rate {
				y = max(c.Bytes, 1) * 1e9 / y
			}
			i := slices.IndexFunc(p.Series, func(s plot.Series) bool { return s.Name == name })
			if i < 0 {
				i = len(p.Series)
				p.Series = append(p.Series, plot.Series{Name: name, Ours: strings.HasPrefix(name, ours)})
			}
			p.Series[i].Points = append(p.Series[i].Points, plot.Point{X: c.X, Y: y})
		}
	}
	pictures := map[string][]byte{}
	for name, p := range plots {
		pictures[name] = p.SVG()
	}
	return pictures
}

// sizeLabel writes a size in bytes in powers of two, and any other in powers of ten.
func sizeLabel(x float64, unit string) string {
	switch {
	case unit != "B":
		return contest.Quantity(x, unit)
	case x >= 1<<20:
		return contest.Number(x/(1<<20)) + " MiB"
	case x >= 1<<10:
		return contest.Number(x/(1<<10)) + " KiB"
	}
	return contest.Number(x) + " B"
}
