package deploy

import (
	"debug/elf"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// root is the root of the repository: the context of the build.
const root = "../../.."

// An instruction is one of a Dockerfile: RUN, COPY, ….
type instruction struct {
	name  string
	flags map[string]string // --from=build is from: build; of a flag that is there twice, the last
	args  string
}

// readDockerfile returns the instructions of each stage, FROM being the first.
// It reads what ../Dockerfile has; a builder reads more.
func readDockerfile(t *testing.T) (stages [][]instruction) {
	t.Helper()
	data, err := os.ReadFile("../Dockerfile")
	require.NoError(t, err)
	text := regexp.MustCompile(`(?m)^#.*\n`).ReplaceAllString(string(data), "")
	text = strings.ReplaceAll(text, "\\\n", " ")
	for line := range strings.Lines(text) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "" {
			continue
		}
		in := instruction{name, map[string]string{}, strings.TrimSpace(rest)}
		for strings.HasPrefix(in.args, "--") {
			flag, rest, _ := strings.Cut(in.args, " ")
			key, value, _ := strings.Cut(strings.TrimPrefix(flag, "--"), "=")
			in.flags[key], in.args = value, strings.TrimSpace(rest)
		}
		if name == "FROM" {
			stages = append(stages, nil)
		}
		require.NotEmpty(t, stages, line)
		stages[len(stages)-1] = append(stages[len(stages)-1], in)
	}
	require.Len(t, stages, 2)
	return stages
}

// one returns the only instruction of that name.
func one(t *testing.T, stage []instruction, name string) (found instruction) {
	t.Helper()
	n := 0
	for _, in := range stage {
		if in.name == name {
			found, n = in, n+1
		}
	}
	require.Equal(t, 1, n, name)
	return found
}

func TestDockerfile(t *testing.T) {
	stages := readDockerfile(t)
	build, final := stages[0], stages[1]

	from := regexp.MustCompile(`^golang:(\d+)\.(\d+)\.(\d+) AS build$`).FindStringSubmatch(build[0].args)
	require.NotNil(t, from, "the toolchain's whole version: %s", build[0].args)
	for _, mod := range []string{"../go.mod", filepath.Join(root, "go.mod")} {
		data, err := os.ReadFile(mod)
		require.NoError(t, err)
		want := regexp.MustCompile(`(?m)^go (\d+)\.(\d+)\.(\d+)$|^go (\d+)\.(\d+)$`).FindStringSubmatch(string(data))
		require.NotNil(t, want, mod)
		if want[1] == "" {
			want = []string{"", want[4], want[5], "0"}
		}
		for i := 1; i <= 3; i++ {
			have, need := number(t, from[i]), number(t, want[i])
			assert.GreaterOrEqual(t, have, need, "%s wants a newer Go than the image has", mod)
			if have > need {
				break
			}
		}
	}

	assert.Equal(t, "scratch", final[0].args)
	user := one(t, final, "USER").args
	assert.Regexp(t, `^[1-9]\d*:[1-9]\d*$`, user, "not root, and by number: the image has no passwd")
	assert.Equal(t, `["/service"]`, one(t, final, "ENTRYPOINT").args, "a list, so that the service gets the signals itself")
	for _, in := range final {
		if in.name == "COPY" {
			assert.Equal(t, "build", in.flags["from"], in.args)
			if owner, ok := in.flags["chown"]; ok {
				assert.Equal(t, user, owner, in.args)
			}
		}
	}
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	require.NoError(t, err)
	return n
}

// buildImages does what a builder would do, for each service: it takes the context
// that the .dockerignore leaves, runs the build stage's RUN lines, and copies
// what the last stage copies into dir/NAME.
func buildImages(t *testing.T, dir string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the images are Linux's")
	}
	stages := readDockerfile(t)
	for _, service := range names {
		work := t.TempDir() // the root of the build stage
		at := func(path string) string { return filepath.Join(work, path) }
		var workdir string
		for _, in := range stages[0] {
			switch in.name {
			case "WORKDIR":
				workdir = in.args
			case "COPY":
				require.Equal(t, ". /src", in.args)
				copyContext(t, at("/src"))
			case "RUN":
				cmd := exec.CommandContext(t.Context(), "sh", "-ec", regexp.MustCompile(`(^|\s)/out\b`).ReplaceAllString(in.args, "${1}"+at("/out")))
				cmd.Dir = at(workdir)
				cmd.Env = append(os.Environ(), "SERVICE="+service, "TARGETOS=linux", "TARGETARCH="+runtime.GOARCH, "GOFLAGS=", "GOWORK=off")
				out, err := cmd.CombinedOutput()
				require.NoError(t, err, "%s", out)
			}
		}
		image := filepath.Join(dir, service)
		for _, in := range stages[1] {
			if in.name == "COPY" {
				copyOut(t, in, at, image)
			}
		}
	}
}

// copyContext copies what the builder is sent.
func copyContext(t *testing.T, to string) {
	t.Helper()
	f, err := os.Open("../Dockerfile.dockerignore")
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

// copyOut copies from the build stage into the image. What that stage has from
// its base image is not here.
func copyOut(t *testing.T, in instruction, at func(string) string, image string) {
	t.Helper()
	args := strings.Fields(in.args)
	sources, dest := args[:len(args)-1], filepath.Join(image, args[len(args)-1])
	for _, source := range sources {
		if source == "/etc/ssl/certs/ca-certificates.crt" {
			continue
		}
		info, err := os.Stat(at(source))
		require.NoError(t, err, "%s: the build does not make it", in.args)
		if info.IsDir() {
			require.NoError(t, os.MkdirAll(dest, 0o755))
			require.NoError(t, os.CopyFS(dest, os.DirFS(at(source))))
		} else {
			require.NoError(t, copyFile(at(source), filepath.Join(dest, filepath.Base(source))))
		}
		if owner, ok := in.flags["chown"]; ok && os.Geteuid() == 0 {
			uid, gid, _ := strings.Cut(owner, ":")
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
