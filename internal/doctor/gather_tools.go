package doctor

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
)

func gatherTools(ctx context.Context, in *inquiry) (*ToolsFacts, error) {
	paths := lookAll("go")
	t := &ToolsFacts{Found: make([]GoTool, len(paths))}
	var wg sync.WaitGroup
	for i, path := range paths {
		wg.Go(func() { t.Found[i] = lookAt(ctx, in.Dir, path) })
	}
	wg.Wait()
	if len(paths) == 0 {
		t.OffPath = offPath()
	}
	return t, nil
}

// lookAll returns every executable of that name on PATH, in order. Those of tool chains that
// another go has downloaded, and runs itself, count only if there are no others.
func lookAll(name string) (found []string) {
	var downloaded []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		path, err := exec.LookPath(filepath.Join(dir, name))
		switch {
		case dir == "" || err != nil || slices.Contains(found, path) || slices.Contains(downloaded, path):
		case strings.Contains(filepath.ToSlash(path), "golang.org/toolchain@"):
			downloaded = append(downloaded, path)
		default:
			found = append(found, path)
		}
	}
	if found == nil {
		return downloaded
	}
	return found
}

// lookAt asks a go what it is by itself: without Go's variables, and without running another one.
// It is asked in the project's directory: a version manager's goes by that.
func lookAt(ctx context.Context, dir, path string) GoTool {
	t := GoTool{Path: path, Real: path, Dir: filepath.Dir(path)}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		t.Real = real
	}
	out, err := run(ctx, dir, append(only(""), "GOWORK=off"), path, "env", "GOVERSION", "GOROOT")
	answers := lines(out, 2)
	switch {
	case err != nil:
		t.Err = err.Error()
	case len(answers) == 0 || !strings.HasPrefix(answers[0], "go1") && !strings.HasPrefix(answers[0], "devel"):
		t.Err = filepath.Base(path) + " env GOVERSION: " + strconv.Quote(strings.Join(answers, " "))
	default:
		t.Version, _, _ = strings.Cut(strings.TrimPrefix(answers[0], "devel "), " ") // GOEXPERIMENT may follow
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
	if env.vars["GOARCH"] == "386" {
		variants, _ := run(ctx, "", nil, c.Path, append(command[1:], "-print-multi-lib")...)
		c.Multilib = strings.Contains(variants, "m32")
	}
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
