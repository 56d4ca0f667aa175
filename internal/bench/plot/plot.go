// Package plot draws small line charts with logarithmic axes as SVG: costs that grow over sizes.
// Their colours are readable on white and on black, since the background of a page that shows them
// is unknown.
package plot

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"slices"
)

// A Plot has the points of its series' at some places of the X axis.
type Plot struct {
	Title, X, Y string               // what it shows, and what the axes do
	XTick       func(float64) string // writes a value at the X axis; a number if nil
	YTick       func(float64) string // and at the Y axis
	Series      []Series
}

// A Series is drawn as a line with its name at the end.
type Series struct {
	Name   string
	Ours   bool // drawn thicker, in a warm colour
	Points []Point
}

// A Point is of positive numbers.
type Point struct{ X, Y float64 }

const (
	width, height            = 680, 360
	left, right, top, bottom = 76, 164, 62, 48 // margins
	grey                     = "#808890"
)

var (
	ourColours  = []string{"#d9480f", "#b88000"}
	peerColours = []string{"#2f81f7", "#8957e5", "#1f9d57", "#c2478f", "#5f8195"}
)

// SVG returns the picture.
func (p Plot) SVG() []byte {
	var xs, ys []float64
	for _, s := range p.Series {
		for _, point := range s.Points {
			xs, ys = append(xs, point.X), append(ys, point.Y)
		}
	}
	if len(xs) == 0 {
		xs, ys = []float64{1}, []float64{1}
	}
	slices.Sort(xs)
	xs = slices.Compact(xs)
	yTicks := Ticks(slices.Min(ys), slices.Max(ys))
	x := axis(xs[0], xs[len(xs)-1], left, width-right)
	y := axis(yTicks[0], yTicks[len(yTicks)-1], height-bottom, top)

	var b canvas
	b.printf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" font-family="system-ui,-apple-system,'Segoe UI',sans-serif" font-size="13">`, width, height)
	b.printf("\n<title>%s</title>\n", escaped(p.Title))
	b.text(16, 24, "start", grey, p.Title, ` font-size="16" font-weight="600"`)
	b.text(16, 46, "start", grey, p.Y, "")
	b.text((left+width-right)/2, height-8, "middle", grey, p.X, "")
	b.printf(`<g stroke="%s" stroke-opacity=".3">`+"\n", grey)
	for _, tick := range yTicks {
		b.printf(`<path d="M%d %.1fH%d"/>`+"\n", left, y(tick), width-right)
	}
	for _, tick := range xs {
		b.printf(`<path d="M%.1f %dv5"/>`+"\n", x(tick), height-bottom)
	}
	b.printf("</g>\n")
	for _, tick := range yTicks {
		b.text(left-8, y(tick)+4, "end", grey, label(p.YTick, tick), "")
	}
	for _, tick := range xs {
		b.text(x(tick), height-bottom+20, "middle", grey, label(p.XTick, tick), "")
	}

	var ends []float64
	for _, s := range p.Series {
		end := float64(top)
		if n := len(s.Points); n > 0 {
			end = y(s.Points[n-1].Y)
		}
		ends = append(ends, end)
	}
	names := spread(ends, 16, top, height-bottom)
	ours, peers := 0, 0
	for i, s := range p.Series {
		colour, thick := peerColours[peers%len(peerColours)], 1.75
		if s.Ours {
			colour, thick = ourColours[ours%len(ourColours)], 3
			ours++
		} else {
			peers++
		}
		b.printf(`<g fill="%s"><polyline fill="none" stroke="%s" stroke-width="%g" stroke-linejoin="round" points="`, colour, colour, thick)
		for _, point := range s.Points {
			b.printf("%.1f,%.1f ", x(point.X), y(point.Y))
		}
		b.printf(`"/>` + "\n")
		for _, point := range s.Points {
			b.printf(`<circle cx="%.1f" cy="%.1f" r="%g"/>`, x(point.X), y(point.Y), thick+0.75)
		}
		b.printf("\n")
		if math.Abs(names[i]-ends[i]) > 4 { // the name has made room for another
			b.printf(`<path d="M%d %.1fL%d %.1f" stroke="%s" stroke-width=".75"/>`, width-right+5, ends[i], width-right+15, names[i], colour)
		}
		weight := ""
		if s.Ours {
			weight = ` font-weight="600"`
		}
		b.text(width-right+18, names[i]+4, "start", colour, s.Name, weight)
		b.printf("</g>\n")
	}
	b.printf("</svg>\n")
	return b.Bytes()
}

type canvas struct{ bytes.Buffer }

func (c *canvas) printf(format string, args ...any) { fmt.Fprintf(c, format, args...) }

func (c *canvas) text(x, y float64, anchor, colour, text, more string) {
	c.printf(`<text x="%.1f" y="%.1f" text-anchor="%s" fill="%s"%s>%s</text>`+"\n", x, y, anchor, colour, more, escaped(text))
}

func escaped(text string) string {
	var b bytes.Buffer
	xml.EscapeText(&b, []byte(text)) // a Buffer takes everything
	return b.String()
}

func label(tick func(float64) string, x float64) string {
	if tick == nil {
		return fmt.Sprint(x)
	}
	return tick(x)
}

// axis returns the place of a value between low and high, by its logarithm.
func axis(low, high, from, to float64) func(float64) float64 {
	if low == high {
		return func(float64) float64 { return (from + to) / 2 }
	}
	return func(value float64) float64 {
		return from + (to-from)*math.Log(value/low)/math.Log(high/low)
	}
}

// Ticks returns round numbers, of which the first and the last hold low and high between them:
// powers of ten, or with 2 and 5 between where these are few.
func Ticks(low, high float64) []float64 {
	steps := []float64{1, 2, 5}
	if high/low > 300 {
		steps = steps[:1]
	}
	var ticks []float64
	for exponent := int(math.Floor(math.Log10(low))); ; exponent++ {
		for _, step := range steps {
			tick := step * math.Pow10(exponent)
			if tick <= low*(1+1e-9) {
				ticks = ticks[:0] // a better first
			}
			ticks = append(ticks, tick)
			if tick >= high*(1-1e-9) && len(ticks) > 1 {
				return ticks
			}
		}
	}
}

// spread moves places apart until there is a gap between any two, as little as a simple rule can,
// within low and high.
func spread(places []float64, gap, low, high float64) []float64 {
	order := make([]int, len(places))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case places[a] < places[b]:
			return -1
		case places[a] > places[b]:
			return 1
		}
		return 0
	})
	moved := slices.Clone(places)
	for pass := 0; pass < 100; pass++ {
		for i := 1; i < len(order); i++ {
			a, b := order[i-1], order[i]
			if overlap := gap - (moved[b] - moved[a]); overlap > 0 {
				moved[a] -= overlap / 2
				moved[b] += overlap / 2
			}
		}
		if n := len(order); n > 0 {
			moved[order[0]] = max(moved[order[0]], low)
			moved[order[n-1]] = min(moved[order[n-1]], high)
		}
	}
	return moved
}
