package doctor

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

func gatherTools(ctx context.Context, _ *inquiry) (*ToolsFacts, error) {
	paths := lookAll("go")
	t := &ToolsFacts{Found: make([]GoTool, len(paths))}
	var wg sync.WaitGroup
	for i, path := range paths {
		wg.Go(func() { t.Found[i] = lookAt(ctx, path) })
	}
	wg.Wait()
	if len(paths) == 0 {
		t.OffPath = offPath()
	}
	return t, nil
}

// lookAll returns every executable of that name on PATH, in order, but not those
// of tool chains that another go has downloaded and runs itself.
func lookAll(name string) (found []string) {
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		path, err := exec.LookPath(filepath.Join(dir, name))
		if dir != "" && err == nil && !slices.Contains(found, path) && !strings.Contains(filepath.ToSlash(path), "golang.org/toolchain@") {
			found = append(found, path)
		}
	}
	return found
}

// lookAt asks a go what it is by itself: without the environment, and where no
// go.mod has it run another one.
func lookAt(ctx context.Context, path string) GoTool {
	t := GoTool{Path: path, Real: path, Dir: filepath.Dir(path)}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		t.Real = real
	}
	alone := []string{"GOROOT=", "GOPATH=", "GO111MODULE=", "GOENV=off", "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local"}
	out, err := run(ctx, t.Dir, alone, path, "env", "GOVERSION", "GOROOT")
	answers := lines(out, 2)
	switch {
	case err != nil:
		t.Version = err.Error()
	case len(answers) == 0:
		t.Version = "says nothing"
	default:
		t.Version = answers[0]
		if len(answers) == 2 {
			t.Root = answers[1]
		}
	}
	return t
}

// offPath returns the directory of a go where installers put it.
func offPath() string {
	home, _ := os.UserHomeDir()
	for _, dir := range []string{"/usr/local/go/bin", "/opt/homebrew/bin", "/usr/lib/go/bin", "/snap/bin", home + "/go/bin", home + "/sdk/go/bin",
		os.Getenv("ProgramFiles") + `\Go\bin`} {
		if path, err := exec.LookPath(filepath.Join(dir, "go")); err == nil && filepath.IsAbs(path) {
			return dir
		}
	}
	return ""
}

func gatherCC(ctx context.Context, in *inquiry) (*CCFacts, error) {
	env, err := in.goEnv()
	if err != nil {
		return nil, err
	}
	command := commandWords(env.vars["CC"])
	if len(command) == 0 {
		command = []string{"gcc"}
	}
	c := &CCFacts{CC: command[0]}
	if runtime.GOOS == "linux" {
		for _, packager := range []string{"apt-get", "dnf", "zypper", "pacman", "apk"} {
			if _, err := exec.LookPath(packager); err == nil {
				c.Packager = packager
				break
			}
		}
	}
	if c.Path, err = exec.LookPath(command[0]); err != nil {
		c.Path = ""
		return c, nil
	}
	c.Machine, _ = run(ctx, "", nil, c.Path, append(command[1:], "-dumpmachine")...) // "": it does not say
	return c, nil
}

// commandWords splits CC as go does: at spaces, but for words in quotes.
func commandWords(s string) (words []string) {
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		word, rest, _ := strings.Cut(s, " ")
		if q := s[:1]; q == `"` || q == "'" {
			if inside, after, ok := strings.Cut(s[1:], q); ok {
				word, rest = inside, after
			}
		}
		words, s = append(words, word), rest
	}
	return words
}
