package repotest

import (
	"go/ast"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSecurityPromises looks for each test that SECURITY.md names in the package that it names it
// for, and wants every package to be there.
func TestSecurityPromises(t *testing.T) {
	_, text, ok := strings.Cut(readRoot(t, "SECURITY.md"), "\n## Promises\n")
	require.True(t, ok)
	text, _, _ = strings.Cut(text, "\n## ")
	promised := map[string]bool{}
	for _, section := range strings.Split(text, "\n### ")[1:] {
		pkg, table, _ := strings.Cut(section, "\n")
		promised[pkg] = true
		has := testsOf(t, pkg)
		for _, row := range regexp.MustCompile(`(?m)^\| (.*) \| (.*) \|$`).FindAllStringSubmatch(table, -1)[1:] {
			tests := regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(row[2], -1)
			assert.NotEmpty(t, tests, "%s: nothing shows that %s", pkg, row[1])
			for _, test := range tests {
				assert.Contains(t, has, test[1], "%s has no such test: %s", pkg, row[1])
			}
		}
	}
	for _, pkg := range siblings {
		assert.Contains(t, promised, pkg)
	}
}

// testsOf returns the names of the tests and fuzz targets of a package and of its internal
// packages, for any system.
func testsOf(t *testing.T, pkg string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root(t), filepath.FromSlash(pkg), "*_test.go"))
	require.NoError(t, err)
	require.NotEmpty(t, files, pkg)
	rooms, err := filepath.Glob(filepath.Join(root(t), filepath.FromSlash(pkg), "internal", "*", "*_test.go"))
	require.NoError(t, err)
	files = append(files, rooms...)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, f := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`).FindAllSubmatch(text, -1) {
			names = append(names, string(f[1]))
		}
	}
	return names
}

// TestSystemDLLs: an account that can write to a directory on the search path must not get its code
// loaded. NewLazySystemDLL looks into the system directory alone, and so does internal/wincall,
// which asks kernel32.dll for it: that one is in every process.
func TestSystemDLLs(t *testing.T) {
	loaders := regexp.MustCompile(`^(Must)?Load(DLL|Library\w*)$|^(New)?LazyDLL$`)
	found := 0
	for path, file := range sources(t) {
		for _, imp := range file.Imports {
			assert.NotContains(t, []string{`"plugin"`, `"C"`}, imp.Path.Value, path)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if ok && id.Name == "NewLazySystemDLL" {
				found++
			}
			known := filepath.ToSlash(path) == "internal/wincall/wincall_windows.go" && ok && id.Name == "LoadDLL"
			assert.False(t, ok && !known && loaders.MatchString(id.Name), "%s loads a DLL by %v", path, n)
			return true
		})
	}
	assert.NotZero(t, found)
}

// TestPrograms: these are the programs that a service runs by using this library, and SECURITY.md
// says how each is found.
func TestPrograms(t *testing.T) {
	want := map[string]string{
		"listen/reserved_windows.go":                `filepath.Join(dir, "netsh.exe")`,
		"listen/firewall/firewall_windows.go":       `filepath.Join(dir, "netsh.exe")`,
		"listen/internal/tcptable/lsof_darwin.go":   `"/usr/sbin/lsof"`,
		"svcx/internal/openrc/rc_linux.go":          `find(program)`,
		"svcx/internal/launchd/launchctl_darwin.go": `"/bin/launchctl"`,
		"svcx/internal/systemd/systemctl_linux.go":  `"systemctl""journalctl""journalctl"`,
		"svcx/internal/upgrade/files_unix.go":       `program`, // the one that it is given
		"svcx/internal/upgrade/files_windows.go":    `name`,    // the same
		"internal/unixsec/account_unix.go":          `"id"`,    // for pathx and svcx/internal/upgrade
		"procx/child/detach_linux.go":               `"systemctl"`,
		"procx/child/cgroup_linux.go":               `"/dev/null/probe"`, // which can't exist
		"eventx/internal/journal/run.go":            `journalctl`,
	}
	got := map[string]string{}
	starts := regexp.MustCompile(`^exec\.Command(Context)?$|^os\.StartProcess$|^(syscall|unix|windows)\.(Exec|ForkExec|StartProcess|CreateProcess\w*|ShellExecute)$`)
	for path, file := range sources(t) {
		path = filepath.ToSlash(path)
		if strings.HasPrefix(path, "examples/") || strings.HasPrefix(path, "internal/") && !strings.HasPrefix(path, "internal/unixsec/") {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !starts.MatchString(source(t, call.Fun)) {
				return true
			}
			name := 0
			if source(t, call.Fun) == "exec.CommandContext" {
				name = 1
			}
			got[path] += source(t, call.Args[name])
			return true
		})
	}
	assert.Equal(t, want, got)
	for _, program := range want {
		if name := regexp.MustCompile(`[\w/]*(netsh\.exe|\w+ctl|lsof|id)`).FindString(program); name != "" {
			assert.Contains(t, readRoot(t, "SECURITY.md"), "| `"+name+"` |")
		}
	}
}

func source(t *testing.T, node ast.Node) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, printer.Fprint(&b, token.NewFileSet(), node))
	return b.String()
}

func readRoot(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), name))
	require.NoError(t, err)
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}
