package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/pathx"
)

func gatherDirs(ctx context.Context, in *inquiry) (*DirsFacts, error) {
	env, err := in.goEnv()
	if err != nil {
		return nil, err
	}
	modCache := env.vars["GOMODCACHE"]
	// Below the caches, sudo go build may have left directories that are root's.
	d := &DirsFacts{ModCache: writable(modCache, "cache/download"), Cache: writable(env.vars["GOCACHE"], "00")}
	tmp := env.vars["GOTMPDIR"]
	if tmp == "" {
		tmp = os.TempDir()
	}
	if d.Tmp = message(pathx.Writable(tmp)); d.Tmp == "" { // it must be there: go does not make it
		d.Exec = message(executes(ctx, tmp))
	}
	if d.ModCache == "" && filepath.IsAbs(modCache) {
		d.Foreign = foreignDirs(modCache, time.Now().Add(perGatherer/6))
	}
	if cache := env.vars["GOCACHE"]; d.Cache == "" && filepath.IsAbs(cache) {
		d.CacheForeign = foreignShards(cache)
	}
	return d, nil
}

// foreignShards returns the first of the build cache's 256 directories that are another account's.
func foreignShards(cache string) (found []string) {
	for i := 0; i < 256 && len(found) < enough; i++ {
		dir := filepath.Join(cache, fmt.Sprintf("%02x", i))
		if info, err := os.Lstat(dir); err == nil && foreign(dir, info) {
			found = append(found, dir)
		}
	}
	return found
}

// enough is how many examples of a fault are shown.
const enough = 5

// writable says why dir and the directory below it can't be written. What is not there yet, go
// makes, so that the nearest one above is looked at.
func writable(dir, below string) string {
	if dir == "" || dir == "off" {
		return ""
	}
	for dir = filepath.Join(dir, below); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			break
		}
	}
	return message(pathx.Writable(dir))
}

// foreignDirs returns the topmost directories and files of a module cache that are another
// account's. Inside a module nothing is looked at: go makes all of it at once.
func foreignDirs(root string, until time.Time) (found []string) {
	filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch info, infoErr := infoOf(d); {
		case len(found) == enough || time.Now().After(until):
			return filepath.SkipAll
		case err != nil || infoErr != nil:
			return nil // what can't be read has been said of the directory above
		case foreign(path, info):
			found = append(found, path)
			if d.IsDir() {
				return filepath.SkipDir
			}
		case d.IsDir() && strings.Contains(d.Name(), "@v"):
			return filepath.SkipDir // a module
		}
		return nil
	})
	return found
}

func infoOf(d fs.DirEntry) (fs.FileInfo, error) {
	if d == nil {
		return nil, fs.ErrNotExist
	}
	return d.Info()
}
