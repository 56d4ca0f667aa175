package plot

import (
	"bytes"
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTicks(t *testing.T) {
	for _, tt := range []struct {
		low, high float64
		want      []float64
	}{
		{3, 45, []float64{2, 5, 10, 20, 50}},
		{1, 100, []float64{1, 2, 5, 10, 20, 50, 100}},
		{7, 7, []float64{5, 10}},
		{10, 10, []float64{10, 20}},
		{150, 2e6, []float64{100, 1000, 10_000, 100_000, 1e6, 1e7}},
		{0.02, 0.3, []float64{0.02, 0.05, 0.1, 0.2, 0.5}},
	} {
		got := Ticks(tt.low, tt.high)
		assert.InDeltaSlice(t, tt.want, got, 1e-9, "%v to %v: %v", tt.low, tt.high, got)
	}
}

func TestSpread(t *testing.T) {
	for _, places := range [][]float64{{}, {50}, {50, 50}, {0, 1, 2, 3, 100}, {99, 98, 50, 100}} {
		moved := spread(places, 10, 0, 100)
		sorted := slices.Sorted(slices.Values(moved))
		for i := range sorted {
			assert.True(t, sorted[i] > -0.5 && sorted[i] < 100.5, "%v: %v", places, moved)
			if i > 0 {
				assert.Greater(t, sorted[i]-sorted[i-1], 9.5, "%v: %v", places, moved)
			}
		}
	}
	assert.Equal(t, []float64{10, 40}, spread([]float64{10, 40}, 10, 0, 100), "what is apart stays")
}

// A picture is well-formed, names everything, keeps each point within the axes, and is small.
func TestSVG(t *testing.T) {
	p := Plot{Title: "a < b & c", X: "size", Y: "time", Series: []Series{{Name: "we", Ours: true}, {Name: "they"}, {Name: "nothing"}}}
	for size := 16.; size <= 1<<20; size *= 4 {
		p.Series[0].Points = append(p.Series[0].Points, Point{size, 10 * size})
		p.Series[1].Points = append(p.Series[1].Points, Point{size, size * size})
	}
	svg := p.SVG()
	assert.Less(t, len(svg), 10<<10)
	circles, texts := 0, ""
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		switch token := token.(type) {
		case xml.CharData:
			texts += strings.TrimSpace(string(token)) + "\n"
		case xml.StartElement:
			if token.Name.Local == "circle" {
				circles++
			}
			for _, a := range token.Attr {
				if a.Name.Local == "cy" || a.Name.Local == "cx" {
					assert.NotContains(t, a.Value, "-")
					assert.NotContains(t, a.Value, "NaN")
				}
			}
		}
	}
	assert.Equal(t, 18, circles)
	for _, text := range []string{"a < b & c", "size", "time", "we", "they", "16", "1.048576e+06"} {
		assert.Contains(t, texts, text+"\n")
	}
	assert.NotEmpty(t, Plot{}.SVG(), "nothing to draw")
}
