package main

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"slices"
)

// shrink makes a PNG one with a palette: text on a few grounds needs no more than 256 colours, and
// a third of the bytes.
func shrink(data []byte) ([]byte, error) {
	full, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	counts := map[color.RGBA]int{}
	for y := full.Bounds().Min.Y; y < full.Bounds().Max.Y; y++ {
		for x := full.Bounds().Min.X; x < full.Bounds().Max.X; x++ {
			counts[at(full, x, y)]++
		}
	}
	small := image.NewPaletted(full.Bounds(), palette(counts))
	nearest := map[color.RGBA]uint8{}
	for c := range counts {
		nearest[c] = uint8(small.Palette.Index(c))
	}
	for y := full.Bounds().Min.Y; y < full.Bounds().Max.Y; y++ {
		for x := full.Bounds().Min.X; x < full.Bounds().Max.X; x++ {
			small.SetColorIndex(x, y, nearest[at(full, x, y)])
		}
	}
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, small)
	return out.Bytes(), err
}

func at(i image.Image, x, y int) color.RGBA {
	return color.RGBAModel.Convert(i.At(x, y)).(color.RGBA)
}

// palette takes the most frequent colours, and leaves out those that are close to one that it has:
// so that shades of the ground do not crowd out a small red mark.
func palette(counts map[color.RGBA]int) color.Palette {
	colours := make([]color.RGBA, 0, len(counts))
	for c := range counts {
		colours = append(colours, c)
	}
	slices.SortFunc(colours, func(a, b color.RGBA) int {
		return cmp.Or(counts[b]-counts[a], cmp.Compare(key(a), key(b)))
	})
	for far := 0; ; far++ {
		var chosen color.Palette
		for _, c := range colours {
			if len(chosen) > 256 {
				break
			}
			if !slices.ContainsFunc(chosen, func(d color.Color) bool { return distance(c, d.(color.RGBA)) < far }) {
				chosen = append(chosen, c)
			}
		}
		if len(chosen) <= 256 {
			return chosen
		}
	}
}

func key(c color.RGBA) int { return int(c.R)<<16 | int(c.G)<<8 | int(c.B) }

// distance is by the channel that differs most.
func distance(a, b color.RGBA) int {
	diff := func(x, y uint8) int { return max(int(x), int(y)) - min(int(x), int(y)) }
	return max(diff(a.R, b.R), diff(a.G, b.G), diff(a.B, b.B))
}
