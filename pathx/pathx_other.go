//go:build !unix && !windows

package pathx

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
)

// Plan 9 and WebAssembly have neither the accounts nor the modes that trust is about.
func privileged() bool { return false }

func checkTrust(file *os.File, fi fs.FileInfo, path string) error {
	return fmt.Errorf("pathx: whom %s can be trusted with on %s: %w", path, runtime.GOOS, errors.ErrUnsupported)
}

func eachConfigDir(app string, visit func(configDir)) {
	unixEnv{runtime.GOOS, os.Getenv}.configDirs(app, visit)
}

func dirsOf(app string) (Dirs, error)        { return unixEnv{runtime.GOOS, os.Getenv}.dirs(app) }
func openFile(path string) (*os.File, error) { return os.Open(path) }
func driveHint(path string) string           { return "" }
