package repotest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/doctor"
)

var readmes = []string{"README.md", "README.zh-CN.md"}

var (
	goBlock    = regexp.MustCompile("(?ms)^```go\n(.*?)^```$")
	codeBlock  = regexp.MustCompile(`(?m)^    (\S.*)$`)
	cureRow    = regexp.MustCompile("(?m)^\\| .* \\| `([^`]*)` \\|$") // the pitfall, and one line
	links      = regexp.MustCompile(`\]\(([^)]*)\)`)
	language   = regexp.MustCompile(`\.(en|zh|zh-CN)\.`)
	doctorLine = regexp.MustCompile(`^doctor --only ([a-z0-9.,]+)( --online| --port 8080| --binary app.exe)?$`)
)

// TestReadmeCode builds what the READMEs show: each Go block as a program, and
// the lines of the table of cures.
func TestReadmeCode(t *testing.T) {
	needGo(t)
	for _, name := range readmes {
		t.Run(name, func(t *testing.T) {
			readme := read(t, name)
			var sources []string
			for _, block := range goBlock.FindAllStringSubmatch(readme, -1) {
				sources = append(sources, block[1])
			}
			require.NotEmpty(t, sources)
			build(t, append(sources, cures(t, readme)))
		})
	}
}

// cures returns a program of all lines of Go in the table of cures.
func cures(t *testing.T, readme string) string {
	t.Helper()
	source := `package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os/exec"
	"time"
`
	for _, pkg := range []string{"consolex", "eventx", "listen", "listen/firewall", "pathx", "procx", "procx/child", "procx/inspect", "svcx"} {
		source += fmt.Sprintf("\t%q\n", "github.com/surefoot-go/surefoot/"+pkg)
	}
	source += `)

func main() {}

func _(ctx context.Context, log *slog.Logger, cmd *exec.Cmd, t procx.TB, data []byte, name, root, exe, setting string, config *string,
	f io.Reader, cfg any, run func(context.Context) error, s *svcx.Service, group *procx.Group, err error) {
`
	n := 0
	for _, row := range cureRow.FindAllStringSubmatch(readme, -1) {
		if strings.HasPrefix(row[1], "doctor ") {
			continue
		}
		n++
		source += "{\n" + row[1] + "\n"
		if left, _, ok := strings.Cut(row[1], " := "); ok && !strings.HasPrefix(left, "for ") {
			source += strings.Repeat("_, ", strings.Count(left, ",")) + "_ = " + left + "\n"
		}
		source += "}\n"
	}
	assert.Greater(t, n, 25, "lines of Go in the table of cures")
	return source + "}\n"
}

// TestReadmeDoctor checks that the doctor has the checks that the READMEs name,
// and that they name all that it has.
func TestReadmeDoctor(t *testing.T) {
	for _, name := range readmes {
		named := map[string]bool{}
		for _, row := range cureRow.FindAllStringSubmatch(read(t, name), -1) {
			if !strings.HasPrefix(row[1], "doctor ") {
				continue
			}
			line := doctorLine.FindStringSubmatch(row[1])
			require.NotNil(t, line, "%s: %s", name, row[1])
			for _, id := range strings.Split(line[1], ",") {
				named[id] = true
			}
		}
		has := map[string]bool{}
		for _, check := range doctor.Checks() {
			has[check.ID] = true
		}
		assert.Equal(t, has, named, name)
	}
}

// TestReadmesAgree compares what is the same in every language: headings by their
// depth, the rows of each table, commands, pictures and links, which lead somewhere.
func TestReadmesAgree(t *testing.T) {
	var first []string
	for i, name := range readmes {
		var shape []string
		readme := read(t, name)
		for _, line := range strings.Split(goBlock.ReplaceAllString(readme, ""), "\n") {
			switch {
			case strings.HasPrefix(line, "#"):
				depth, title, _ := strings.Cut(line, " ")
				if depth != "###" { // a package's name
					title = ""
				}
				shape = append(shape, depth+title)
			case cureRow.MatchString(line):
				shape = append(shape, cureRow.FindStringSubmatch(line)[1])
			case strings.HasPrefix(line, "|"):
				shape = append(shape, strings.Repeat("|", strings.Count(line, "|")))
			case codeBlock.MatchString(line):
				shape = append(shape, line)
			}
			for _, link := range links.FindAllStringSubmatch(line, -1) {
				if !strings.Contains(link[1], "://") {
					_, err := os.Stat(filepath.Join(root(t), link[1]))
					assert.NoError(t, err, name)
				}
				shape = append(shape, language.ReplaceAllString(link[1], "."))
			}
		}
		if i == 0 {
			first = shape
		}
		assert.Equal(t, first, shape, name)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), name))
	require.NoError(t, err)
	return string(text)
}

// build builds each source as a program of the module.
func build(t *testing.T, sources []string) {
	t.Helper()
	top := root(t)
	dir := t.TempDir()
	overlay := map[string]string{}
	var pkgs []string
	for i, source := range sources {
		file := filepath.Join(dir, fmt.Sprint(i, ".go"))
		require.NoError(t, os.WriteFile(file, []byte(source), 0o600))
		pkg := fmt.Sprint("internal/repotest/readme", i)
		overlay[filepath.Join(top, filepath.FromSlash(pkg), "main.go")] = file
		pkgs = append(pkgs, "./"+pkg)
	}
	data, err := json.Marshal(map[string]any{"Replace": overlay})
	require.NoError(t, err)
	list := filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(list, data, 0o600))

	cmd := exec.Command("go", append([]string{"build", "-overlay", list, "-o", dir}, pkgs...)...)
	cmd.Dir = top
	out, err := cmd.CombinedOutput()
	assert.NoError(t, err, "%s", out)
}
