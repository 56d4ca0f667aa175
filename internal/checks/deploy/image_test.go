package deploy

import (
	"debug/elf"
	"go/version"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// root is the root of the repository: the context of the build.
const root = "../../.."

const (
	devloop = root + "/examples/devloop/"
	folder  = devloop + "deploy/"
)

// readDockerfile parses ../Dockerfile as BuildKit does, which must have nothing to warn of, into
// the stage that builds and the one that is the image.
func readDockerfile(t *testing.T) (build, final instructions.Stage) {
	t.Helper()
	f, err := os.Open(devloop + "Dockerfile")
	require.NoError(t, err)
	defer f.Close()
	file, err := parser.Parse(f)
	require.NoError(t, err)
	assert.Empty(t, file.Warnings)
	stages, _, err := instructions.Parse(file.AST, linter.New(&linter.Config{
		Warn: func(rule, _, _, message string, _ []parser.Range) { t.Errorf("Dockerfile: %s: %s", rule, message) },
	}))
	require.NoError(t, err)
	require.Len(t, stages, 2)
	return stages[0], stages[1]
}

// one returns the only command of its kind.
func one[C instructions.Command](t *testing.T, stage instructions.Stage) C {
	t.Helper()
	found := all[C](stage)
	require.Len(t, found, 1)
	return found[0]
}

func all[C instructions.Command](stage instructions.Stage) (found []C) {
	for _, command := range stage.Commands {
		if c, ok := command.(C); ok {
			found = append(found, c)
		}
	}
	return found
}

func TestDockerfile(t *testing.T) {
	build, final := readDockerfile(t)
	image := regexp.MustCompile(`^golang:(\d+\.\d+\.\d+)$`).FindStringSubmatch(build.BaseName)
	require.NotNil(t, image, "the toolchain's whole version: %s", build.BaseName)
	for _, mod := range []string{devloop + "go.mod", filepath.Join(root, "go.mod")} {
		data, err := os.ReadFile(mod)
		require.NoError(t, err)
		want := regexp.MustCompile(`(?m)^go (\S+)$`).FindStringSubmatch(string(data))
		require.NotNil(t, want, mod)
		assert.GreaterOrEqual(t, version.Compare("go"+image[1], "go"+want[1]), 0, "%s wants a newer Go than %s", mod, image[0])
	}

	assert.Equal(t, "scratch", final.BaseName)
	user := one[*instructions.UserCommand](t, final).User
	assert.Regexp(t, `^[1-9]\d*:[1-9]\d*$`, user, "not root, and by number: the image has no passwd")
	entry := one[*instructions.EntrypointCommand](t, final)
	assert.False(t, entry.PrependShell, "the service gets the signals itself")
	assert.Equal(t, []string{"/service"}, []string(entry.CmdLine))
	for _, c := range all[*instructions.CopyCommand](final) {
		assert.Equal(t, build.Name, c.From, "%s", c)
		assert.Contains(t, []string{"", user}, c.Chown, "%s", c)
	}
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	require.NoError(t, err)
	return n
}

// buildImages does what a builder would do, for each service: it takes the context that the
// .dockerignore leaves, runs the build stage's RUN lines, and copies what the last stage copies
// into dir/NAME.
func buildImages(t *testing.T, dir string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the images are Linux's")
	}
	build, final := readDockerfile(t)
	out := regexp.MustCompile(`(^|\s)/out\b`)
	for _, service := range names {
		work := t.TempDir() // the root of the build stage
		var workdir string
		for _, command := range build.Commands {
			switch c := command.(type) {
			case *instructions.WorkdirCommand:
				workdir = filepath.Join(work, c.Path)
			case *instructions.CopyCommand:
				require.Equal(t, []string{"."}, c.SourcePaths)
				copyContext(t, filepath.Join(work, c.DestPath))
			case *instructions.RunCommand:
				require.True(t, c.PrependShell)
				cmd := exec.CommandContext(t.Context(), "sh", "-c", out.ReplaceAllString(c.CmdLine[0], "${1}"+work+"/out"))
				cmd.Dir = workdir
				cmd.Env = append(os.Environ(), "SERVICE="+service, "TARGETOS=linux", "TARGETARCH="+runtime.GOARCH, "GOFLAGS=", "GOWORK=off")
				text, err := cmd.CombinedOutput()
				require.NoError(t, err, "%s", text)
			}
		}
		for _, c := range all[*instructions.CopyCommand](final) {
			copyOut(t, c, work, filepath.Join(dir, service))
		}
	}
}

// copyContext copies what the builder is sent.
func copyContext(t *testing.T, to string) {
	t.Helper()
	f, err := os.Open(devloop + "Dockerfile.dockerignore")
	require.NoError(t, err)
	defer f.Close()
	patterns, err := ignorefile.ReadAll(f)
	require.NoError(t, err)
	ignored, err := patternmatcher.New(patterns)
	require.NoError(t, err)
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		if skip, err := ignored.MatchesOrParentMatches(rel); err != nil || skip {
			return err
		}
		return copyFile(path, filepath.Join(to, rel))
	}))
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, data, info.Mode().Perm())
}

// copyOut copies from the build stage, whose root is work, into the image. What that stage has from
// its base image is not here.
func copyOut(t *testing.T, c *instructions.CopyCommand, work, image string) {
	t.Helper()
	dest := filepath.Join(image, c.DestPath)
	for _, path := range c.SourcePaths {
		if path == "/etc/ssl/certs/ca-certificates.crt" {
			continue
		}
		source := filepath.Join(work, path)
		info, err := os.Stat(source)
		require.NoError(t, err, "%s: the build does not make it", c)
		if info.IsDir() {
			require.NoError(t, os.MkdirAll(dest, 0o755))
			require.NoError(t, os.CopyFS(dest, os.DirFS(source)))
		} else {
			require.NoError(t, copyFile(source, filepath.Join(dest, filepath.Base(path))))
		}
		if uid, gid, ok := strings.Cut(c.Chown, ":"); ok && testenv.IsRoot() {
			require.NoError(t, os.Lchown(dest, number(t, uid), number(t, gid)))
		}
	}
}

// TestImages has the image's programs need nothing that the image lacks.
func TestImages(t *testing.T) {
	dir := t.TempDir()
	buildImages(t, dir)
	for _, service := range names {
		for _, program := range []string{"service", "healthcheck"} {
			f, err := elf.Open(filepath.Join(dir, service, program))
			require.NoError(t, err)
			defer f.Close()
			libraries, err := f.ImportedLibraries()
			assert.NoError(t, err)
			assert.Empty(t, libraries, "%s's %s is not static", service, program)
			for _, p := range f.Progs {
				assert.NotEqual(t, elf.PT_INTERP, p.Type, "%s's %s is not static", service, program)
			}
			assert.Nil(t, f.Section(".debug_info"), "%s's %s is larger than it need be", service, program)
		}
	}
}
