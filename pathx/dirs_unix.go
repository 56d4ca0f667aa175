//go:build unix

package pathx

import (
	"os"
	"runtime"
)

func eachConfigDir(app string, visit func(configDir)) {
	unixEnv{runtime.GOOS, os.Getenv}.configDirs(app, visit)
}

func dirsOf(app string) (Dirs, error) { return unixEnv{runtime.GOOS, os.Getenv}.dirs(app) }

func driveHint(path string) string { return "" }
