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
func isUnreachable(error) bool               { return false }
func troubleOf(error) trouble                { return noTrouble }
func driveHint(path string) string           { return "" }

// An original is a file that will be replaced.
type original struct{ perm fs.FileMode }

const sweepFlags = os.O_RDONLY

func originalOf(_ *os.Root, _ string, fi fs.FileInfo) (*original, error) {
	return &original{fi.Mode().Perm()}, nil
}

func createFile(root *os.Root, name string, perm fs.FileMode, old *original) (*os.File, error) {
	return root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
}

func inherit(f *os.File, old *original) error { return f.Chmod(old.perm) }
func rename(root *os.Root, _ *os.File, from, to string, _ *original) error {
	return root.Rename(from, to)
}
func syncDir(*os.Root) error           { return nil }
func waitSharing(f func() error) error { return f() }

func makeDir(dir string, private bool) error {
	if private {
		return os.Mkdir(dir, 0o700)
	}
	return os.Mkdir(dir, 0o755)
}

func secureDir(f *os.File, fi fs.FileInfo, dir string, _ bool) error { return checkTrust(f, fi, dir) }
