package bench

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/adrg/xdg"
	"github.com/spf13/viper"

	"github.com/surefoot-go/surefoot/pathx"
)

// pathxMiss is the search for a file that is in none of four directories, which all
// exist: beside the executable, the user's, and two of the system's.
type pathxMiss struct {
	finder pathx.Finder
	paths  []string // the same places
}

const pathxApp = "surefoot-bench"

func newPathxMiss(tb testing.TB) pathxMiss {
	tb.Helper()
	root := tb.TempDir()
	dir := func(name string) string {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Join(path, pathxApp), 0o755); err != nil {
			tb.Fatal(err)
		}
		return path
	}
	m := pathxMiss{finder: pathx.Finder{App: pathxApp, Trust: pathx.TrustNone}}
	tb.Setenv("XDG_CONFIG_HOME", dir("user"))
	tb.Setenv("XDG_CONFIG_DIRS", strings.Join([]string{dir("b"), dir("c"), dir("d")}, ":"))
	xdg.Reload() // the user's directory and three of the system's
	tb.Setenv("XDG_CONFIG_DIRS", dir("b"))
	for _, a := range m.finder.Explain() {
		if !errors.Is(a.Err, pathx.ErrSkipped) {
			m.paths = append(m.paths, a.Path)
		}
	}
	if len(m.paths) != 4 {
		tb.Skipf("not four places on %s: %q", runtime.GOOS, m.paths)
	}
	return m
}

func (m pathxMiss) pathx()        { must(m.finder.Open()) }
func (m pathxMiss) pathxTrusted() { f := m.finder; f.Trust = pathx.TrustAlways; must(f.Open()) }

// opens is the loop that a program would have otherwise.
func (m pathxMiss) opens() {
	for _, path := range m.paths {
		must(os.Open(path))
	}
}

// joins is the same with what comes before: putting the paths together.
func (m pathxMiss) joins() {
	for _, path := range m.paths {
		must(os.Open(filepath.Join(filepath.Dir(path), filepath.Base(path))))
	}
}

// roots opens each directory as an os.Root first, as one would for safety's sake.
func (m pathxMiss) roots() {
	for _, path := range m.paths {
		root, err := os.OpenRoot(filepath.Dir(path))
		if err != nil {
			continue // /etc/surefoot-bench doesn't exist
		}
		must(root.Open(filepath.Base(path)))
		root.Close()
	}
}

func (m pathxMiss) viper() {
	v := viper.New()
	v.SetConfigName(pathxApp)
	for _, path := range m.paths {
		v.AddConfigPath(filepath.Dir(path))
	}
	if _, ok := v.ReadInConfig().(viper.ConfigFileNotFoundError); !ok {
		panic("viper found something")
	}
}

func (m pathxMiss) xdg() {
	if _, err := xdg.SearchConfigFile(pathxApp + "/" + pathxApp + ".json"); err == nil {
		panic("xdg found something")
	}
}

func must[F any](_ F, err error) {
	if !errors.Is(err, fs.ErrNotExist) {
		panic(err)
	}
}

func BenchmarkPathxMiss(b *testing.B) {
	m := newPathxMiss(b)
	for _, peer := range []struct {
		name string
		run  func()
	}{
		{"pathx", m.pathx}, {"pathx-trust", m.pathxTrusted}, {"opens", m.opens}, {"opens-joined", m.joins}, {"os.Root", m.roots}, {"viper", m.viper}, {"xdg", m.xdg},
	} {
		b.Run(peer.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				peer.run()
			}
		})
	}
}

// BenchmarkPathxHit finds the file in the user's directory and checks it.
func BenchmarkPathxHit(b *testing.B) {
	m := newPathxMiss(b)
	path := m.paths[1]
	if err := os.WriteFile(path, []byte("{}"), 0o644); err != nil {
		b.Fatal(err)
	}
	open := func(trust pathx.Trust) func() {
		f := m.finder
		f.Trust = trust
		return func() {
			file, err := f.Open()
			if err != nil {
				panic(err)
			}
			file.Close()
		}
	}
	for _, peer := range []struct {
		name string
		run  func()
	}{
		{"pathx", open(pathx.TrustNone)},
		{"pathx-trust", open(pathx.TrustAlways)},
		{"os.Root", func() {
			must(os.Open(m.paths[0]))
			root, err := os.OpenRoot(filepath.Dir(path))
			if err != nil {
				panic(err)
			}
			file, err := root.Open(filepath.Base(path))
			if err != nil {
				panic(err)
			}
			file.Close()
			root.Close()
		}},
	} {
		b.Run(peer.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				peer.run()
			}
		})
	}
}

var pathxTexts = map[string]string{
	"two":  "${SUREFOOT_BENCH}/.config/${SUREFOOT_BENCH}/orders.json",
	"one":  "${SUREFOOT_BENCH}/orders.json",
	"none": "/home/alice/.config/orders/orders.json",
}

func BenchmarkPathxExpand(b *testing.B) {
	b.Setenv("SUREFOOT_BENCH", "/home/alice")
	for name, text := range pathxTexts {
		b.Run(name+"/pathx", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := pathx.Expand(text); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/os.ExpandEnv", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = os.ExpandEnv(text)
			}
		})
	}
}

// TestPathxRatios measures pairs in turn, so that a busy machine slows both, and logs
// the median of their ratios. It asserts nothing about time.
func TestPathxRatios(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	m := newPathxMiss(t)
	t.Setenv("SUREFOOT_BENCH", "/home/alice")
	t.Logf("miss, allocations: pathx %v, plain opens %v, os.Root %v, viper %v, xdg %v", testing.AllocsPerRun(100, m.pathx), testing.AllocsPerRun(100, m.opens),
		testing.AllocsPerRun(100, m.roots), testing.AllocsPerRun(20, m.viper), testing.AllocsPerRun(100, m.xdg))
	pairs := []struct {
		name string
		a, b func()
		n    int
	}{
		{"miss: pathx / plain opens", m.pathx, m.opens, 50},
		{"miss: pathx / opens of joined paths", m.pathx, m.joins, 50},
		{"miss: pathx with trust / os.Root", m.pathxTrusted, m.roots, 50},
		{"miss: viper / pathx", m.viper, m.pathx, 5},
		{"miss: xdg / pathx", m.xdg, m.pathx, 50},
	}
	for name, text := range pathxTexts {
		pairs = append(pairs, struct {
			name string
			a, b func()
			n    int
		}{"expand " + name + ": os.ExpandEnv / pathx", func() { _ = os.ExpandEnv(text) }, func() { _, _ = pathx.Expand(text) }, 2000})
	}
	for _, p := range pairs {
		t.Logf("%-42s %.2f", p.name, medianRatio(p.a, p.b, p.n))
	}
}

func medianRatio(a, b func(), n int) float64 {
	clock := func(f func()) float64 {
		start := time.Now()
		for range n {
			f()
		}
		return float64(time.Since(start))
	}
	var ratios []float64
	for round := range 201 {
		if round%2 == 0 {
			x := clock(a)
			ratios = append(ratios, x/clock(b))
		} else {
			y := clock(b)
			ratios = append(ratios, clock(a)/y)
		}
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/2]
}
