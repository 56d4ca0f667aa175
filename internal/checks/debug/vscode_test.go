package debugtest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// These are what VS Code reads of its files, as far as this module uses it: a field that is
// misspelt there is unknown here.

type launchFile struct {
	Version        string
	Configurations []launch
	Compounds      []struct {
		Name           string
		Configurations []string
		StopAll        bool
	}
}

type launch struct {
	Name, Type, Request, Mode string
	PreLaunchTask             string
	Program                   string
	Windows                   struct{ Program string }
	Cwd                       string
	Env                       map[string]string
	Console                   string
	ProcessID                 string
	Host                      string
	Port                      int
}

type tasksFile struct {
	Version string
	Tasks   []task
	Inputs  []struct {
		ID, Type, Description string
		Options               []string
	}
}

type task struct {
	Label, Type, Command string
	Args                 []string
	Options              struct{ Cwd string }
	ProblemMatcher       any // a name or a list of names
	Group                string
	Presentation         struct{ Reveal string }
	IsBackground         bool
}

const workspace = "${workspaceFolder}"

// read reads a file of .vscode: JSON without the comments that only VS Code allows.
func read[T any](t *testing.T, name string) (v T) {
	t.Helper()
	f, err := os.Open(filepath.Join(root, ".vscode", name))
	require.NoError(t, err)
	defer f.Close()
	dec := json.NewDecoder(f)
	dec.DisallowUnknownFields()
	require.NoError(t, dec.Decode(&v), name)
	return v
}

// services are the names of those that can be debugged: the programs of cmd that are services and
// no tools.
func services(t *testing.T) (names []string) {
	t.Helper()
	mains, err := filepath.Glob(filepath.Join(root, "cmd", "*", "main.go"))
	require.NoError(t, err)
	for _, name := range mains {
		source, err := os.ReadFile(name)
		require.NoError(t, err)
		if strings.Contains(string(source), "service.Main(") {
			names = append(names, filepath.Base(filepath.Dir(name)))
		}
	}
	require.NotEmpty(t, names)
	return names
}

// buildTask returns the task that builds a service to debug it.
func buildTask(t *testing.T, service string) task {
	t.Helper()
	launches, tasks := read[launchFile](t, "launch.json"), read[tasksFile](t, "tasks.json")
	i := slices.IndexFunc(launches.Configurations, func(l launch) bool { return l.Name == service })
	require.GreaterOrEqual(t, i, 0, "a launch of %s", service)
	j := slices.IndexFunc(tasks.Tasks, func(k task) bool { return k.Label == launches.Configurations[i].PreLaunchTask })
	require.GreaterOrEqual(t, j, 0, "the task %q", launches.Configurations[i].PreLaunchTask)
	return tasks.Tasks[j]
}

// buildToDebug runs the task's command in the module, and returns the program.
func buildToDebug(t *testing.T, module, service string) string {
	t.Helper()
	k := buildTask(t, service)
	require.Equal(t, "go", k.Command)
	runGo(t, module, k.Args...)
	exe := filepath.Join(module, "bin", service)
	if runtime.GOOS == "windows" {
		exe += ".exe"
	}
	return exe
}

func TestLaunches(t *testing.T) {
	file := read[launchFile](t, "launch.json")
	var launched []string
	for _, l := range file.Configurations {
		assert.Equal(t, "go", l.Type, l.Name)
		if l.Request == "attach" {
			continue
		}
		launched = append(launched, l.Name)
		assert.Equal(t, "exec", l.Mode, l.Name)
		assert.Equal(t, workspace, l.Cwd, l.Name)
		assert.Equal(t, "integratedTerminal", l.Console, l.Name)
		assert.NotEmpty(t, l.Env["LISTEN"], l.Name)
	}
	assert.ElementsMatch(t, services(t), launched)
	require.Len(t, file.Compounds, 1)
	assert.ElementsMatch(t, launched, file.Compounds[0].Configurations)

	// A service looks for the others where their own launches put them.
	listen := map[string]string{}
	for _, l := range file.Configurations {
		listen[strings.ToUpper(strings.ReplaceAll(l.Name, "-", "_"))+"_URL"] = "http://" + l.Env["LISTEN"]
	}
	for _, l := range file.Configurations {
		for name, value := range l.Env {
			if strings.HasSuffix(name, "_URL") {
				assert.Equal(t, listen[name], value, "%s of %s", name, l.Name)
			}
		}
	}
}

func TestTasksBuildLaunchedPrograms(t *testing.T) {
	t.Parallel()
	for _, l := range read[launchFile](t, "launch.json").Configurations {
		if l.Request == "attach" {
			continue
		}
		k := buildTask(t, l.Name)
		assert.Equal(t, "process", k.Type, "no shell that would read the quotes: %s", k.Label)
		assert.Equal(t, workspace, k.Options.Cwd, k.Label)
		for goos, program := range map[string]string{"linux": l.Program, "darwin": l.Program, "windows": l.Windows.Program} {
			cmd := goCommand(t, root, slices.Insert(slices.Clone(k.Args), 1, "-n")...)
			cmd.Env = append(cmd.Env, "GOOS="+goos, "GOARCH=amd64", "CGO_ENABLED=0")
			out, err := cmd.CombinedOutput() // the commands that it would run; the last but one moves the program
			require.NoError(t, err, "%s", out)
			rel, ok := strings.CutPrefix(program, workspace+"/")
			require.True(t, ok, program)
			assert.Regexp(t, `(?m)^(mv|cp) \S+ `+rel+`$`, strings.ReplaceAll(string(out), `\`, "/"), "%s on %s", k.Label, goos)
		}
	}
}

func TestDevWithoutDebuggedService(t *testing.T) {
	file := read[tasksFile](t, "tasks.json")
	i := slices.IndexFunc(file.Tasks, func(k task) bool { return k.IsBackground })
	require.GreaterOrEqual(t, i, 0)
	assert.Equal(t, []string{"run", "./cmd/dev", "-without", "${input:service}"}, file.Tasks[i].Args)
	require.Len(t, file.Inputs, 1)
	assert.Equal(t, "service", file.Inputs[0].ID)
	assert.ElementsMatch(t, services(t), file.Inputs[0].Options)
}
