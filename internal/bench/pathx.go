package bench

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/adrg/xdg"
	"github.com/spf13/viper"

	"github.com/surefoot-go/surefoot/internal/bench/contest"
	"github.com/surefoot-go/surefoot/pathx"
)

func pathxContests() []*contest.Contest {
	all := []*contest.Contest{{
		Name: "pathx/miss in 4 places",
		Open: func(env contest.Env) ([]contest.Side, error) { return pathxMisses(env, 4) },
		Rows: rowsOf("pathx",
			contest.Row{Peer: "opens", Asked: 0.85},
			contest.Row{Peer: joinedOpens},
			contest.Row{What: "with trust", Peer: "os.Root", Asked: 1 / 2.},
			contest.Row{Peer: "viper", Asked: 5},
			contest.Row{Peer: "xdg", Asked: 1},
			contest.Row{What: "allocations", Metric: contest.Allocs, Asked: 12, Gross: 12},
		),
	}, {
		Name: "pathx/found in the 3rd place",
		Open: pathxHits,
		Rows: rowsOf("pathx",
			contest.Row{Peer: "opens"},
			contest.Row{What: "with trust", Peer: "os.Root"},
			contest.Row{Peer: "xdg", Asked: 1},
		),
	}}
	for _, c := range all {
		for i, row := range c.Rows {
			if row.What == "with trust" {
				c.Rows[i].Ours = "pathx with trust"
			}
		}
	}
	for _, e := range []struct{ name, text string }{
		{"two references", "${SUREFOOT_BENCH}/.config/${SUREFOOT_BENCH}/orders.json"},
		{"one reference", "${SUREFOOT_BENCH}/orders.json"},
		{"no reference", "/home/alice/.config/orders/orders.json"},
	} {
		all = append(all, &contest.Contest{
			Name: "pathx/Expand, " + e.name,
			Open: func(env contest.Env) ([]contest.Side, error) { return pathxExpand(env, e.text) },
			Rows: rowsOf("pathx",
				contest.Row{Peer: "os.ExpandEnv", Asked: 1},
				contest.Row{What: "allocations", Metric: contest.Allocs, Asked: 1, Gross: 1}),
		})
	}
	for places := 4; places <= 64; places *= 2 {
		all = append(all, &contest.Contest{
			Name: "pathx/places", Curve: "pathx-places", X: float64(places),
			Open: func(env contest.Env) ([]contest.Side, error) {
				sides, err := pathxMisses(env, places)
				return slices.DeleteFunc(sides, func(s contest.Side) bool { return s.Name == joinedOpens }), err
			},
		})
	}
	return append(all, pathxSaves()...)
}

const (
	pathxApp    = "surefoot-bench"
	pathxFile   = pathxApp + "/" + pathxApp + ".json"
	joinedOpens = "opens, paths joined"
)

// pathxPlaces makes the directories in which n peers look: beside the executable, unless go run has
// made it, the user's, and the system's, of which /etc is the last. xdg looks in the same ones, and
// for that beside the executable in one more of the system's.
func pathxPlaces(env contest.Env, n int) (finder pathx.Finder, paths []string, err error) {
	root := env.TempDir()
	dir := func(name string) string {
		path := filepath.Join(root, name)
		err = errors.Join(err, os.MkdirAll(filepath.Join(path, pathxApp), 0o755))
		return path
	}
	env.Setenv("XDG_CONFIG_HOME", dir("user"))
	var system []string
	for i := range n - 1 {
		system = append(system, dir(fmt.Sprint("system", i)))
	}
	if err != nil {
		return finder, nil, err
	}
	setDirs := func(dirs []string) { env.Setenv("XDG_CONFIG_DIRS", strings.Join(dirs, ":")) }
	finder = pathx.Finder{App: pathxApp, Trust: pathx.TrustNone}
	places := func(system []string) (paths, ofSystem []string) {
		setDirs(system)
		for _, a := range finder.Explain() {
			if errors.Is(a.Err, pathx.ErrSkipped) {
				continue
			}
			paths = append(paths, a.Path)
			if a.Source == pathx.FromSystem {
				ofSystem = append(ofSystem, filepath.Dir(filepath.Dir(a.Path)))
			}
		}
		return paths, ofSystem
	}
	some, _ := places(system[:1])
	ours := system[:max(0, n-len(some)+1)]
	paths, same := places(ours)
	if len(paths) != n {
		return finder, nil, contest.Skip("the system's directories can't be chosen on " + runtime.GOOS)
	}
	setDirs(append(same, system[len(same):]...))
	xdg.Reload()
	setDirs(ours)
	return finder, paths, nil
}

// pathxMisses look for a file that is in none of n directories.
func pathxMisses(env contest.Env, n int) ([]contest.Side, error) {
	finder, paths, err := pathxPlaces(env, n)
	if err != nil {
		return nil, err
	}
	trusted := finder
	trusted.Trust = pathx.TrustAlways
	return []contest.Side{
		{Name: "pathx", Do: contest.Each(func() error { return missing(finder.Open()) })},
		{Name: "pathx with trust", Do: contest.Each(func() error { return missing(trusted.Open()) })},
		// The loop that a program would have otherwise,
		{Name: "opens", Do: contest.Each(func() (err error) {
			for _, path := range paths {
				if err = missing(os.Open(path)); err != nil {
					break
				}
			}
			return err
		})},
		// and with what comes before: putting the paths together.
		{Name: joinedOpens, Do: contest.Each(func() (err error) {
			for _, path := range paths {
				if err = missing(os.Open(filepath.Join(filepath.Dir(path), filepath.Base(path)))); err != nil {
					break
				}
			}
			return err
		})},
		// Each directory as an os.Root first, as one would for safety's sake.
		{Name: "os.Root", Do: contest.Each(func() (err error) {
			for _, path := range paths {
				root, err := os.OpenRoot(filepath.Dir(path))
				if err != nil {
					continue // /etc/surefoot-bench doesn't exist
				}
				err = missing(root.Open(filepath.Base(path)))
				root.Close()
				if err != nil {
					return err
				}
			}
			return nil
		})},
		{Name: "viper", Do: contest.Each(func() error {
			v := viper.New()
			v.SetConfigName(pathxApp)
			for _, path := range paths {
				v.AddConfigPath(filepath.Dir(path))
			}
			err := v.ReadInConfig()
			if _, ok := err.(viper.ConfigFileNotFoundError); !ok {
				return fmt.Errorf("viper: %v", err)
			}
			return nil
		})},
		{Name: "xdg", Do: contest.Each(func() error {
			if path, err := xdg.SearchConfigFile(pathxFile); err == nil {
				return fmt.Errorf("xdg found %s", path)
			}
			return nil
		})},
	}, nil
}

// missing takes the error that there is no such file for what is wanted.
func missing[F any](_ F, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("not missing: %w", err)
	}
	return nil
}

// pathxHits open and close a file that is in the third place.
func pathxHits(env contest.Env) ([]contest.Side, error) {
	finder, paths, err := pathxPlaces(env, 4)
	if err != nil {
		return nil, err
	}
	path := paths[2]
	if root := filepath.Dir(os.Getenv("XDG_CONFIG_HOME")); !strings.HasPrefix(path, root) {
		return nil, contest.Skip("the third place is this user's own on " + runtime.GOOS)
	}
	if err := os.WriteFile(path, []byte("{}"), 0o644); err != nil {
		return nil, err
	}
	// For xdg as well: the user's, one of the system's, and that.
	dirs := os.Getenv("XDG_CONFIG_DIRS")
	third := filepath.Dir(filepath.Dir(path))
	env.Setenv("XDG_CONFIG_DIRS", filepath.Join(third, "..", "system2")+":"+third)
	xdg.Reload()
	env.Setenv("XDG_CONFIG_DIRS", dirs)
	finders := func(trust pathx.Trust) func() error {
		f := finder
		f.Trust = trust
		return func() error {
			file, err := f.Open()
			if err == nil && file.Path != path {
				err = fmt.Errorf("found %s", file.Path)
			}
			return closed(file, err)
		}
	}
	return []contest.Side{
		{Name: "pathx", Do: contest.Each(finders(pathx.TrustNone))},
		{Name: "pathx with trust", Do: contest.Each(finders(pathx.TrustAlways))},
		{Name: "opens", Do: contest.Each(func() error {
			for _, path := range paths[:2] {
				if err := missing(os.Open(path)); err != nil {
					return err
				}
			}
			return closed(os.Open(path))
		})},
		{Name: "os.Root", Do: contest.Each(func() error {
			for _, path := range paths[:3] {
				root, err := os.OpenRoot(filepath.Dir(path))
				if err != nil {
					return err
				}
				file, err := root.Open(filepath.Base(path))
				root.Close()
				if err == nil {
					return file.Close()
				}
			}
			return fs.ErrNotExist
		})},
		{Name: "xdg", Do: contest.Each(func() error {
			found, err := xdg.SearchConfigFile(pathxFile)
			if err == nil && found != path {
				err = fmt.Errorf("found %s", found)
			}
			if err != nil {
				return err
			}
			return closed(os.Open(found))
		})},
	}, nil
}

func closed[F io.Closer](file F, err error) error {
	if err != nil {
		return err
	}
	return file.Close()
}

func pathxExpand(env contest.Env, text string) ([]contest.Side, error) {
	env.Setenv("SUREFOOT_BENCH", "/home/alice")
	if ours, err := pathx.Expand(text); err != nil || ours != os.ExpandEnv(text) {
		return nil, fmt.Errorf("%q against %q, %v", ours, os.ExpandEnv(text), err)
	}
	return []contest.Side{
		{Name: "pathx", Do: contest.Each(func() error {
			_, err := pathx.Expand(text)
			return err
		})},
		{Name: "os.ExpandEnv", Do: contest.Each(func() error {
			_ = os.ExpandEnv(text)
			return nil
		})},
	}, nil
}
