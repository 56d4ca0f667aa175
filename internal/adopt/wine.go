package main

import (
	"cmp"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// startWine starts a Windows of its own under Wine, and returns a host on it, the directory for its
// programs, and what ends it. Its loopback is this system's.
func startWine(ctx context.Context) (h host, dir string, end func() error, err error) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return nil, "", nil, skip("needs Linux on amd64")
	}
	ci, err := filepath.Abs("../../.ci")
	if err != nil {
		return nil, "", nil, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, "", nil, err
	}
	home := cmp.Or(os.Getenv("WINELAB_HOME"), filepath.Join(cache, "winelab"))
	prefix := cmp.Or(os.Getenv("WINELAB_PREFIX"), filepath.Join(home, "prefix-adopt"))
	os.Setenv("WINELAB_PREFIX", prefix) // for the scripts
	setup := func(args ...string) error {
		_, err := output(exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(ci, "wine-setup"), args...))
		return err
	}
	if err := setup(); err != nil {
		return nil, "", nil, err
	}
	const programFiles = "Program Files/surefoot-adopt" // which ordinary users can't write
	dir = filepath.Join(prefix, "drive_c", programFiles)
	end = func() error {
		os.RemoveAll(dir)
		return setup("stop")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, "", nil, err
	}
	return &managed{here: dir, there: "C:/" + programFiles, suffix: ".exe", prefix: []string{filepath.Join(ci, "wine-exec")}}, dir, end, nil
}
