package loop

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/examples/dev/internal/config"
	"github.com/surefoot-go/surefoot/examples/dev/page"
)

// TestScenarios does what tests of air do and no other test here does. AIR.md has the list.
func TestScenarios(t *testing.T) {
	for name, scenario := range map[string]func(*testing.T){
		"a crash after a reload":             crashAfterReload,
		"a crash after a failed build":       crashAfterFailedBuild,
		"Ctrl+C before a failed start":       endWhileFailing,
		"Ctrl+C after the first build works": endAfterFirstFailed,
		"Ctrl+C after two failed builds":     endAfterTwoFailed,
		"quick saves":                        quickSaves,
		"a debugger's command":               commandThatBuilds,
		"tests are watched":                  testsAreWatched,
		"a script":                           script,
		"a rule":                             rule,
		"unchanged":                          unchanged,
		"a detached child":                   detachedChild,
		"a process tree":                     processTree,
		"a slow end":                         slowEnd,
		"an end that is refused":             refusedEnd,
		"below a link":                       belowLink,
		"blanks":                             blanks,
		"above dev.toml":                     aboveRoot,
		"variables of a file":                fileVariables,
	} {
		t.Run(name, scenario)
	}
}

// exit has the service's process end, and waits until another one serves.
func (r *rig) exit(name string) {
	r.t.Helper()
	before := r.awaitState(name, page.Healthy)
	resp, err := http.Post(before.URL+"/exit/7", "", nil)
	require.NoError(r.t, err)
	resp.Body.Close()
	r.await(name, "started again", func(s page.Service) bool { return s.State == page.Healthy && s.PID != before.PID })
}

// saveBroken saves a version of alpha that does not build.
func saveBroken(t *testing.T, dir string, version int) {
	t.Helper()
	save(t, filepath.Join(dir, "cmd", "alpha", "version.go"), fmt.Sprintf("package main\n\nconst version, manner = %d, does not build\n", version))
}

// TestBuildRunKeepsFreshBinaryAfterSuccessfulBuildWithStopOnError,
// TestBuildRunKeepsIssue910GoBuildEntrypoint: the end of the old program took the new one's file.
func crashAfterReload(t *testing.T) {
	dir := newModule(t)
	r := start(t, dir, nil)
	r.awaitVersion("alpha", "1")
	saveVersion(t, dir, "alpha", "2", "ok")
	r.awaitVersion("alpha", "2")
	r.exit("alpha")
	r.awaitVersion("alpha", "2")
}

// TestBuildRunKeepsBinaryAfterFailedBuildWithStopOnError.
func crashAfterFailedBuild(t *testing.T) {
	dir := newModule(t)
	r := start(t, dir, nil)
	r.awaitVersion("alpha", "1")
	saveBroken(t, dir, 2)
	r.await("alpha", "broken", func(s page.Service) bool { return !s.Build.OK })
	r.exit("alpha")
	r.awaitVersion("alpha", "1")
}

// TestCtrlCWithFailedBin.
func endWhileFailing(t *testing.T) {
	dir := newModule(t)
	saveVersion(t, dir, "alpha", "1", "exit")
	r := start(t, dir, func(cfg *Config) {
		cfg.Services = append(cfg.Services, Service{Name: "wrong", Run: config.Command{filepath.Join(dir, "no such program")}, StopFirst: true})
	})
	r.awaitState("alpha", page.Crashed)
	r.awaitPrinted("wrong: it can't be started: ")
	require.NoError(t, r.stop())
}

// TestFixCloseOfChannelAfterCtrlC.
func endAfterFirstFailed(t *testing.T) {
	dir := newModule(t)
	saveBroken(t, dir, 1)
	r := start(t, dir, nil)
	r.awaitState("alpha", page.Failed)
	saveVersion(t, dir, "alpha", "2", "ok")
	r.awaitVersion("alpha", "2")
	require.NoError(t, r.stop())
	_, err := http.Get(r.Status().Services[0].URL)
	assert.Error(t, err, "nothing listens any more")
}

// TestFixCloseOfChannelAfterTwoFailedBuild.
func endAfterTwoFailed(t *testing.T) {
	dir := newModule(t)
	saveBroken(t, dir, 1)
	r := start(t, dir, nil)
	first := r.awaitState("alpha", page.Failed)
	saveBroken(t, dir, 2)
	r.await("alpha", "built again", func(s page.Service) bool { return s.State == page.Failed && s.Build.At != first.Build.At })
	require.NoError(t, r.stop())
}

// TestBuildRunRaceConditionRapidChanges, and saves during a build.
func quickSaves(t *testing.T) {
	dir := newModule(t)
	r := start(t, dir, nil)
	r.awaitVersion("alpha", "1")
	for version := 2; version < 20; version++ {
		saveVersion(t, dir, "alpha", strconv.Itoa(version), "ok")
		time.Sleep(20 * time.Millisecond * time.Duration(version%8)) // some while it is quiet, some while it is built
	}
	saveVersion(t, dir, "alpha", "20", "ok")
	r.awaitVersion("alpha", "20")
	assert.Less(t, r.awaitState("alpha", page.Healthy).Reloads, 20)
}

// needShell skips a scenario of commands that only a Unix system has.
func needShell(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("has no sh")
	}
}

// runs is a worker that has the shell run the text.
func runs(name, text string, watch ...string) Service {
	return Service{Name: name, Run: config.Command{"/bin/sh", "-c", text}, Watch: watch, StopFirst: true, Ready: config.Ready{After: time.Millisecond}}
}

// TestRebuildWhenRunCmdUsingDLV: what runs is a command that builds the program itself, as "dlv
// debug" does.
func commandThatBuilds(t *testing.T) {
	needGo(t)
	needShell(t)
	dir := newModule(t)
	r := start(t, dir, func(cfg *Config) {
		alpha := &cfg.Services[0]
		alpha.Package, alpha.Run = "", config.Command{"/bin/sh", "-c", "go build -o built ./cmd/alpha && exec ./built"}
		alpha.Watch, alpha.StopFirst = []string{"**/*.go"}, true
	})
	r.awaitVersion("alpha", "1")
	saveVersion(t, dir, "alpha", "2", "ok")
	r.awaitVersion("alpha", "2")
}

// TestShouldIncludeGoTestFile.
func testsAreWatched(t *testing.T) {
	dir := newModule(t)
	r := start(t, dir, func(cfg *Config) { cfg.Services[0].Watch = []string{"**/*_test.go"} })
	before := r.awaitState("alpha", page.Healthy)
	save(t, filepath.Join(dir, "cmd", "alpha", "main_test.go"), "package main\n")
	r.await("alpha", "replaced", func(s page.Service) bool { return s.State == page.Healthy && s.PID != before.PID })
}

// TestShouldIncludeIncludedFile, TestShouldIncludeIncludedFileWithoutIncludedExt.
func script(t *testing.T) {
	needShell(t)
	dir := newModule(t)
	save(t, filepath.Join(dir, "main.sh"), "echo original")
	r := start(t, dir, func(cfg *Config) { cfg.Services = []Service{runs("script", "sh main.sh", "main.sh")} })
	r.awaitPrinted("script | original")
	r.awaitState("script", page.Stopped) // it has done its work
	save(t, filepath.Join(dir, "main.sh"), "echo modified")
	r.awaitPrinted("script | modified")
}

// TestRuleRunsCmdWithoutRebuild.
func rule(t *testing.T) {
	needShell(t)
	dir := newModule(t)
	save(t, filepath.Join(dir, "web", "app.js"), "a")
	r := start(t, dir, func(cfg *Config) {
		cfg.Services = append(cfg.Services, runs("assets", "echo bundles $(cat web/app.js)", "web/**/*.js"))
	})
	before := r.awaitState("alpha", page.Healthy)
	r.awaitPrinted("| bundles a")
	r.awaitState("assets", page.Stopped)
	save(t, filepath.Join(dir, "web", "app.js"), "b")
	r.awaitPrinted("| bundles b")
	after := r.awaitState("alpha", page.Healthy)
	assert.Equal(t, before.PID, after.PID)
	assert.Equal(t, before.Build.At, after.Build.At, "it was not built")
}

// TestIsModifiedDuringTruncatingWrite: the same text again changes nothing, at once or in two
// steps; a file that stays empty is a change.
func unchanged(t *testing.T) {
	needGo(t)
	dir := newModule(t)
	r := start(t, dir, nil)
	before := r.awaitState("alpha", page.Healthy)
	built := before.Build.At
	awaitBuild := func(ok bool) page.Service {
		t.Helper()
		s := r.await("alpha", "built again", func(s page.Service) bool {
			return s.Build.At != built && s.Build.OK == ok && s.Reason != "being rebuilt"
		})
		built = s.Build.At
		return s
	}
	saveVersion(t, dir, "alpha", "1", "ok")
	assert.Equal(t, before.PID, awaitBuild(true).PID)

	f, err := os.OpenFile(filepath.Join(dir, "cmd", "alpha", "version.go"), os.O_WRONLY|os.O_TRUNC, 0)
	require.NoError(t, err)
	time.Sleep(30 * time.Millisecond)
	_, err = f.WriteString("package main\n\nconst version, manner = \"1\", \"ok\"\n")
	require.NoError(t, err)
	require.NoError(t, f.Close())
	assert.Equal(t, before.PID, awaitBuild(true).PID)

	save(t, filepath.Join(dir, "cmd", "alpha", "version.go"), "")
	after := awaitBuild(false)
	assert.Equal(t, before.PID, after.PID)
	assert.Zero(t, after.Reloads)
}

// awaitEnd waits until the processes whose numbers are in the file have ended.
func awaitEnd(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	for field := range strings.FieldsSeq(string(data)) {
		pid, err := strconv.Atoi(field)
		require.NoError(t, err)
		require.Eventually(t, func() bool { return !alive(pid) }, limit, 5*time.Millisecond, "process %d", pid)
	}
}

// Test_killCmd_KillsDetachedChildren.
func detachedChild(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("on other Unix systems one that leaves its process group escapes; Windows has no setsid")
	}
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skip("no setsid here: ", err)
	}
	dir := newModule(t)
	r := start(t, dir, func(cfg *Config) {
		cfg.Services = []Service{runs("parent", `echo $$ >pids
setsid sh -c 'echo $$ >>pids; echo detached; sleep 1000' &
sleep 1000 & wait`)}
	})
	r.awaitPrinted("parent | detached")
	require.NoError(t, r.stop())
	awaitEnd(t, filepath.Join(dir, "pids"))
}

// Test_killCmd_SendInterrupt_false, Test_sendSignalToProcessTree_ConcurrentSignalSending.
func processTree(t *testing.T) {
	needShell(t)
	dir := newModule(t)
	r := start(t, dir, func(cfg *Config) {
		cfg.Services = []Service{runs("parent", `echo $$ >pids
for n in 1 2 3; do
	sh -c 'echo $$ >>pids; sh -c "echo \$\$ >>pids; echo grandchild; sleep 1000"; true' &
done
wait`)}
	})
	require.Eventually(t, func() bool { return strings.Count(r.out.String(), "| grandchild") == 3 }, limit, 5*time.Millisecond)
	require.NoError(t, r.stop())
	awaitEnd(t, filepath.Join(dir, "pids"))
}

// setGrace sets how long a process may take to end, for the test.
func setGrace(t *testing.T, grace time.Duration) {
	was := stopGrace
	stopGrace = grace
	t.Cleanup(func() { stopGrace = was })
}

// TestCtrlCWhenHaveKillDelay, Test_killCmd_SendInterrupt_SlowGracefulExit and …_FastGracefulExit:
// a process has its time to clean up, and is not waited for longer than it takes.
func slowEnd(t *testing.T) {
	needShell(t)
	setGrace(t, time.Hour)
	r := start(t, newModule(t), func(cfg *Config) {
		cfg.Services = []Service{runs("tidy", `trap 'sleep 0.3; echo cleaned up; exit 0' INT TERM; echo up; while :; do sleep 0.1; done`)}
	})
	r.awaitPrinted("tidy | up")
	require.NoError(t, r.Stop("tidy"))
	r.awaitPrinted("tidy | cleaned up\n")
	r.awaitState("tidy", page.Stopped)
}

// Test_killCmd_SendInterrupt_IgnoresSIGINT.
func refusedEnd(t *testing.T) {
	needShell(t)
	setGrace(t, 200*time.Millisecond)
	dir := newModule(t)
	r := start(t, dir, func(cfg *Config) {
		cfg.Services = []Service{runs("deaf", `trap '' INT TERM; echo $$ >pids; echo up; while :; do sleep 0.1; done`)}
	})
	r.awaitPrinted("deaf | up")
	require.NoError(t, r.stop())
	awaitEnd(t, filepath.Join(dir, "pids"))
}

// TestExpandPathRootDirectoryIsSymlink.
func belowLink(t *testing.T) {
	needGo(t)
	dir := newModule(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Skip("this user can make no links: ", err)
	}
	r := start(t, link, nil)
	r.awaitVersion("alpha", "1")
	saveVersion(t, dir, "alpha", "2", "ok")
	r.awaitVersion("alpha", "2")
	saveVersion(t, link, "alpha", "3", "ok")
	r.awaitVersion("alpha", "3")
}

// TestEntrypointResolvesAbsolutePath, TestEntrypointPreservesArgs: a project, a program and
// arguments with blanks.
func blanks(t *testing.T) {
	needGo(t)
	parent := filepath.Join(t.TempDir(), "with a blank")
	require.NoError(t, os.Mkdir(parent, 0o755))
	for _, name := range []string{"TMPDIR", "TMP"} {
		t.Setenv(name, parent)
	}
	dir := newModule(t)
	save(t, filepath.Join(dir, "cmd", "args", "main.go"), `package main

import (
	"fmt"
	"os"
)

func main() { fmt.Printf("%q\n", os.Args[1:]) }
`)
	r := start(t, dir, func(cfg *Config) {
		cfg.Services = []Service{{Name: "args", Package: "./cmd/args", Args: []string{"serve", "a b", `c"d`, ""}, StopFirst: true}}
	})
	r.awaitPrinted(fmt.Sprintf("args | %q\n", []string{"serve", "a b", `c"d`, ""}))
	assert.Contains(t, r.temp, parent)
}

// TestNormalizeIncludeDirOutsideRoot.
func aboveRoot(t *testing.T) {
	dir := newModule(t)
	root := filepath.Join(dir, "config")
	require.NoError(t, os.Mkdir(root, 0o755))
	save(t, filepath.Join(dir, "pkg", "a.html"), "")
	r := start(t, dir, func(cfg *Config) {
		cfg.Services[0].Root, cfg.Services[0].Watch = root, []string{"../pkg/**/*.html"}
	})
	before := r.awaitState("alpha", page.Healthy)
	save(t, filepath.Join(dir, "pkg", "new", "b.html"), "")
	r.await("alpha", "replaced", func(s page.Service) bool { return s.State == page.Healthy && s.PID != before.PID })
}

// TestEngineLoadEnvFile: dev's own environment wins over a file. That a change of the file is seen
// shows TestFollow in package cli.
func fileVariables(t *testing.T) {
	needShell(t)
	t.Setenv("TEST_GLOBAL_VAR", "own")
	r := start(t, newModule(t), func(cfg *Config) {
		s := runs("env", `echo "$TEST_VAR1 $TEST_GLOBAL_VAR"`)
		s.SharedEnv = []string{"TEST_VAR1=file", "TEST_GLOBAL_VAR=file"}
		cfg.Services = []Service{s}
	})
	r.awaitPrinted("env | file own\n")
}
