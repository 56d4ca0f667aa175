package bench

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	goBlocks  = regexp.MustCompile("(?ms)^```go\n(.*?)^```$")
	goTable   = regexp.MustCompile(`(?m)^\| Before \| After \|\n(?:\|.*\n)+`)
	goRows    = regexp.MustCompile("(?m)^\\| `([^`]*)` \\| `([^`]*)` \\|$")
	qualifier = regexp.MustCompile(`\b([a-z]+)\.[A-Z]`)
)

// What the lines of the tables use: packages by name, and variables with their types.
var (
	linePackages = map[string]string{
		"colorable": "github.com/mattn/go-colorable", "consolex": "github.com/surefoot-go/surefoot/consolex",
		"context": "context", "debug": "golang.org/x/sys/windows/svc/debug", "eventlog": "golang.org/x/sys/windows/svc/eventlog",
		"eventx": "github.com/surefoot-go/surefoot/eventx", "goleak": "go.uber.org/goleak", "io": "io", "isatty": "github.com/mattn/go-isatty",
		"os": "os", "pathx": "github.com/surefoot-go/surefoot/pathx", "procx": "github.com/surefoot-go/surefoot/procx",
		"service": "github.com/kardianos/service", "slog": "log/slog", "svc": "golang.org/x/sys/windows/svc",
		"svcx": "github.com/surefoot-go/surefoot/svcx", "testing": "testing", "time": "time", "viper": "github.com/spf13/viper",
	}
	lineVariables = map[string]string{
		"c": "*service.Config", "ctx": "context.Context", "data": "[]byte", "dir": "string", "f": "*pathx.File", "file": "*os.File",
		"finder": "*pathx.Finder", "k": "service.Service", "log": "*eventlog.Log", "logger": "*slog.Logger", "name": "string",
		"s": "*svcx.Service", "setting": "string", "status": "chan<- svc.Status", "t": "*testing.T", "v": "*viper.Viper", "w": "io.Writer",
	}
)

// TestComingFrom compiles what the pages for users of other libraries show, with the module of the
// peer: each Go block as a program, and each line of Go in a table.
func TestComingFrom(t *testing.T) {
	pages, err := filepath.Glob("../../docs/coming-from/*.md")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(pages), 7)
	sources := map[string]string{} // by the directory of the package
	for _, page := range pages {
		data, err := os.ReadFile(page)
		require.NoError(t, err)
		text := strings.ReplaceAll(string(data), "\r\n", "\n")
		name := strings.ReplaceAll(strings.TrimSuffix(filepath.Base(page), ".md"), "-", "")
		for i, block := range goBlocks.FindAllStringSubmatch(text, -1) {
			sources[fmt.Sprint(name, i)] = block[1]
		}
		var before, after []string
		for _, row := range goRows.FindAllStringSubmatch(strings.Join(goTable.FindAllString(text, -1), ""), -1) {
			before, after = append(before, row[1]), append(after, row[2])
		}
		if len(before) > 0 {
			sources[name+"before"], sources[name+"after"] = program(before), program(after)
		}
	}
	assert.Greater(t, len(sources), 15)

	module, err := filepath.Abs(".")
	require.NoError(t, err)
	for _, goos := range []string{"linux", "windows"} {
		t.Run(goos, func(t *testing.T) {
			dir := t.TempDir()
			overlay := map[string]string{}
			var tests, programs []string
			for _, name := range slices.Sorted(maps.Keys(sources)) {
				source, file, list := sources[name], "main.go", &programs
				if strings.Contains(source, "x/sys/windows/") && goos != "windows" {
					continue
				}
				if strings.Contains(source, "func Test") {
					file, list = "shop_test.go", &tests
				}
				written := filepath.Join(dir, name+"_"+file)
				require.NoError(t, os.WriteFile(written, []byte(source), 0o600))
				overlay[filepath.Join(module, name, file)] = written
				*list = append(*list, "./"+name)
			}
			data, err := json.Marshal(map[string]any{"Replace": overlay})
			require.NoError(t, err)
			list := filepath.Join(dir, "overlay.json")
			require.NoError(t, os.WriteFile(list, data, 0o600))
			for _, args := range [][]string{
				append([]string{"build", "-overlay", list}, programs...),
				append([]string{"test", "-c", "-vet", "off", "-overlay", list, "-o", dir}, tests...),
			} {
				cmd := exec.CommandContext(t.Context(), "go", args...)
				cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH=amd64", "CGO_ENABLED=0", "GOFLAGS=")
				out, err := cmd.CombinedOutput()
				assert.NoError(t, err, "%s", out)
			}
		})
	}
}

// program has each line in a block of its own, in a function with the variables that they use.
func program(lines []string) string {
	var body strings.Builder
	for _, line := range lines {
		fmt.Fprintf(&body, "{\n%s\n", line)
		if left, _, ok := strings.Cut(line, " := "); ok {
			fmt.Fprintf(&body, "%s_ = %s\n", strings.Repeat("_, ", strings.Count(left, ",")), left)
		}
		body.WriteString("}\n")
	}
	var parameters []string
	for _, name := range slices.Sorted(maps.Keys(lineVariables)) {
		// Used before it is declared by the line itself, if ever.
		if regexp.MustCompile(`(?m)(^|[^\w.",])` + name + `(\.[A-Z(]| <-|,|\)|$)`).MatchString(body.String()) {
			parameters = append(parameters, name+" "+lineVariables[name])
		}
	}
	function := fmt.Sprintf("func _(%s) {\n%s}\n", strings.Join(parameters, ", "), body.String())
	imports := map[string]bool{}
	for _, m := range qualifier.FindAllStringSubmatch(function, -1) {
		if path, ok := linePackages[m[1]]; ok {
			imports[path] = true
		}
	}
	header := "package main\n\n"
	for _, path := range slices.Sorted(maps.Keys(imports)) {
		header += fmt.Sprintf("import %q\n", path)
	}
	return header + "\nfunc main() {}\n\n" + function
}
