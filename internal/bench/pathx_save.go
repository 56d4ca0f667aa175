package bench

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/surefoot-go/surefoot/internal/bench/contest"
	"github.com/surefoot-go/surefoot/pathx"
)

// pathxSaves is what a save costs beside others' files: a write that looks for what dead writers
// have left must not read the directory.
func pathxSaves() (all []*contest.Contest) {
	for _, siblings := range []int{0, 1_000, 20_000} {
		all = append(all, &contest.Contest{
			Name: fmt.Sprintf("pathx/save beside %d files", siblings),
			Open: func(env contest.Env) ([]contest.Side, error) { return pathxSave(env, siblings) },
			Rows: rowsOf("pathx", contest.Row{Peer: "temp, fsync, rename", Asked: 1 / 1.5}),
		})
	}
	return all
}

func pathxSave(env contest.Env, siblings int) ([]contest.Side, error) {
	dir := env.TempDir()
	for i := range siblings {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint("sibling", i)), nil, 0o644); err != nil {
			return nil, err
		}
	}
	path, data := filepath.Join(dir, "state.json"), []byte(`{"offset": 1}`)
	return []contest.Side{
		{Name: "pathx", Do: contest.Each(func() error { return pathx.WriteFile(path, data, 0o644) })},
		{Name: "temp, fsync, rename", Do: contest.Each(func() error { return plainSave(dir, path, data) })},
	}, nil
}

// plainSave is what a careful program does by itself.
func plainSave(dir, path string, data []byte) error {
	f, err := os.CreateTemp(dir, ".state-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // of no effect once it is renamed
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
