package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/examples/dev/page"
)

func TestConsoles(t *testing.T) {
	screens, err := consoles()
	require.NoError(t, err)
	require.Len(t, screens, 4)
	child, childCured, ping, pingCured := screens[0].Text, screens[1].Text, screens[2].Text, screens[3].Text

	assert.NotContains(t, child, "李小龙")
	assert.Contains(t, child, "鈹�", "E2 94 82, a box's side, at code page 936")
	assert.Contains(t, child, "Γöé", "and at 437")
	assert.Equal(t, 4, strings.Count(child, "←["), "escape sequences are shown")
	assert.Equal(t, 2, strings.Count(childCured, "│ 李小龙 │"))
	assert.Contains(t, ping, "���� Ping 127.0.0.1")
	assert.NotContains(t, ping, "字节")
	assert.Equal(t, fromPing, pingCured)
}

func TestExample(t *testing.T) {
	for _, s := range (example{}).Status().Services {
		assert.LessOrEqual(t, len(s.Memory), page.MaxTrend)
		assert.LessOrEqual(t, len(s.Requests), page.MaxTrend)
		assert.LessOrEqual(t, len(s.Log), page.MaxLog)
	}
	assert.Equal(t, example{}.Status(), example{}.Status(), "the same each time")
}

func TestShrink(t *testing.T) {
	full := image.NewRGBA(image.Rect(0, 0, 128, 128))
	for y := range 128 {
		for x := range 128 {
			full.SetRGBA(x, y, color.RGBA{uint8(x * 2), uint8(y * 2), 128, 255}) // 16,384 colours
		}
	}
	var data bytes.Buffer
	require.NoError(t, png.Encode(&data, full))
	small, err := shrink(data.Bytes())
	require.NoError(t, err)
	got, err := png.Decode(bytes.NewReader(small))
	require.NoError(t, err)
	assert.LessOrEqual(t, len(got.(*image.Paletted).Palette), 256)
	for _, p := range []image.Point{{0, 0}, {127, 127}, {64, 3}} {
		assert.LessOrEqual(t, distance(at(full, p.X, p.Y), at(got, p.X, p.Y)), 16, "%v", p)
	}
}

func TestShrinkKeepsFewColours(t *testing.T) {
	full := image.NewRGBA(image.Rect(0, 0, 16, 16))
	for i := range 256 {
		full.SetRGBA(i%16, i/16, color.RGBA{uint8(i), 0, 0, 255})
	}
	var data bytes.Buffer
	require.NoError(t, png.Encode(&data, full))
	small, err := shrink(data.Bytes())
	require.NoError(t, err)
	got, err := png.Decode(bytes.NewReader(small))
	require.NoError(t, err)
	for i := range 256 {
		assert.Equal(t, at(full, i%16, i/16), at(got, i%16, i/16))
	}
}
