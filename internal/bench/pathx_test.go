package bench

import (
	"errors"
	"io"
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
	runPathxPeers(b, []pathxPeer{{"pathx", m.pathx}, {"pathx-trust", m.pathxTrusted}, {"opens", m.opens}, {"opens-joined", m.joins},
		{"os.Root", m.roots}, {"viper", m.viper}, {"xdg", m.xdg}})
}

// newPathxHit is a search that ends in the third place, for each of the peers.
func newPathxHit(tb testing.TB) []pathxPeer {
	tb.Helper()
	m := newPathxMiss(tb)
	path := m.paths[2]
	if err := os.WriteFile(path, []byte("{}"), 0o644); err != nil {
		tb.Fatal(err)
	}
	root := filepath.Dir(filepath.Dir(filepath.Dir(path)))
	tb.Setenv("XDG_CONFIG_DIRS", filepath.Join(root, "c")+":"+filepath.Join(root, "b"))
	xdg.Reload()
	tb.Setenv("XDG_CONFIG_DIRS", filepath.Join(root, "b"))

	open := func(trust pathx.Trust) func() {
		f := m.finder
		f.Trust = trust
		return func() { closeFile(f.Open()) }
	}
	return []pathxPeer{
		{"pathx", open(pathx.TrustNone)},
		{"pathx-trust", open(pathx.TrustAlways)},
		{"opens", func() {
			must(os.Open(m.paths[0]))
			must(os.Open(m.paths[1]))
			closeFile(os.Open(path))
		}},
		{"os.Root", func() {
			for _, path := range m.paths[:3] {
				root, err := os.OpenRoot(filepath.Dir(path))
				if err != nil {
					panic(err)
				}
				if file, err := root.Open(filepath.Base(path)); err == nil {
					file.Close()
				}
				root.Close()
			}
		}},
		{"xdg", func() {
			path, err := xdg.SearchConfigFile(pathxApp + "/" + pathxApp + ".json")
			if err != nil {
				panic(err)
			}
			closeFile(os.Open(path))
		}},
	}
}

type pathxPeer struct {
	name string
	run  func()
}

func closeFile[F io.Closer](file F, err error) {
	if err != nil {
		panic(err)
	}
	file.Close()
}

func BenchmarkPathxHit(b *testing.B) {
	runPathxPeers(b, newPathxHit(b))
}

func runPathxPeers(b *testing.B, peers []pathxPeer) {
	for _, peer := range peers {
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

// The tests of ratios measure pairs in turn, so that a busy machine slows both, and log
// the median of their ratios: above 1, pathx is ahead. They assert nothing about time.
// Run them with -count=1: a run that go test may cache logs every file that is opened.

func TestPathxMissRatios(t *testing.T) {
	m := newPathxMiss(t)
	t.Logf("allocations: pathx %v, opens %v, os.Root %v, viper %v, xdg %v", testing.AllocsPerRun(100, m.pathx), testing.AllocsPerRun(100, m.opens),
		testing.AllocsPerRun(100, m.roots), testing.AllocsPerRun(20, m.viper), testing.AllocsPerRun(100, m.xdg))
	logPathxRatios(t, m.pathx, 50, pathxPeer{"opens", m.opens}, pathxPeer{"opens-joined", m.joins}, pathxPeer{"viper", m.viper}, pathxPeer{"xdg", m.xdg})
	logPathxRatios(t, m.pathxTrusted, 50, pathxPeer{"os.Root", m.roots})
}

func TestPathxHitRatios(t *testing.T) {
	peers := newPathxHit(t)
	for _, pathx := range peers[:2] {
		t.Logf("%s:", pathx.name)
		logPathxRatios(t, pathx.run, 50, peers[2:]...)
	}
}

func TestPathxExpandRatios(t *testing.T) {
	t.Setenv("SUREFOOT_BENCH", "/home/alice")
	for name, text := range pathxTexts {
		t.Logf("%s:", name)
		logPathxRatios(t, func() { _, _ = pathx.Expand(text) }, 2000, pathxPeer{"os.ExpandEnv", func() { _ = os.ExpandEnv(text) }})
	}
}

func logPathxRatios(t *testing.T, pathx func(), n int, peers ...pathxPeer) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, peer := range peers {
		t.Logf("%12s / pathx: %.2f", peer.name, medianRatio(peer.run, pathx, n))
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
