package pathx

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/mgr"

	"github.com/surefoot-go/surefoot/internal/testenv"
	"github.com/surefoot-go/surefoot/internal/winsec"
)

// serviceReport is the report of a service to the test that started it.
type serviceReport struct {
	WorkDir, Path, Error, Account string
	Source                        string
	Tried                         []string
	Dirs                          Dirs
}

// serviceMain is the service: it searches, reports, and stops.
func serviceMain(args []string) int {
	err := svc.Run(args[0], finding{app: args[0], report: args[1]})
	if err != nil {
		return 1
	}
	return 0
}

type finding struct{ app, report string }

func (f finding) Execute(_ []string, _ <-chan svc.ChangeRequest, status chan<- svc.Status) (bool, uint32) {
	status <- svc.Status{State: svc.Running}
	var r serviceReport
	if sys32, err := windows.GetSystemDirectory(); err == nil && testenv.IsWine() {
		os.Chdir(sys32) // where Windows starts services; Wine does so in C:\windows
	}
	r.WorkDir, _ = os.Getwd()
	r.Dirs, _ = DirsOf(f.app)
	if p, err := winsec.Current(); err == nil {
		r.Account = p.SID
	}
	file, err := Finder{App: f.app}.Open()
	if err != nil {
		r.Error = err.Error()
	} else {
		r.Path, r.Source = file.Path, file.Source.String()
		for _, a := range file.Tried {
			r.Tried = append(r.Tried, a.String())
		}
		file.Close()
	}
	data, err := json.Marshal(r)
	if err == nil {
		err = WriteFile(f.report, data, 0o600)
	}
	status <- svc.Status{State: svc.StopPending}
	if err != nil {
		return true, 1
	}
	return false, 0
}

// A real service, which the service manager starts in System32, finds its file beside the
// executable, and in ProgramData.
func TestServiceFindsFile(t *testing.T) {
	testenv.NeedChange(t, "makes a service, a directory in ProgramData and a file in System32")
	programData := knownFolders().programData
	name := fmt.Sprintf("pathx-test-%d", os.Getpid())
	dir := filepath.Join(programData, name)
	require.NoError(t, EnsureDir(dir, false))
	t.Cleanup(func() { os.RemoveAll(dir) })
	exe := copyExecutable(t, filepath.Join(dir, "bin"))
	beside, system, report := filepath.Join(dir, "bin", name+".json"), filepath.Join(dir, name+".json"), filepath.Join(dir, "report.json")

	m, err := mgr.Connect()
	require.NoError(t, err)
	t.Cleanup(func() { m.Disconnect() })
	s, err := m.CreateService(name, exe, mgr.Config{StartType: mgr.StartManual}, serviceArg, name, report)
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, s.Delete())
		s.Close()
	})

	sys32, err := windows.GetSystemDirectory()
	require.NoError(t, err)
	decoy := filepath.Join(sys32, name+".json")
	require.NoError(t, os.WriteFile(decoy, []byte("{}"), 0o644))
	t.Cleanup(func() { assert.NoError(t, os.Remove(decoy)) })

	run := func() serviceReport {
		t.Helper()
		require.NoError(t, s.Start())
		require.Eventually(t, func() bool {
			st, err := s.Query()
			return err == nil && st.State == svc.Stopped
		}, 2*time.Minute, 20*time.Millisecond)
		var r serviceReport
		require.NoError(t, json.Unmarshal(readShared(t, report), &r))
		require.NoError(t, os.Remove(report))
		return r
	}

	require.NoError(t, os.WriteFile(system, []byte("{}"), 0o644))
	r := run()
	assert.Equal(t, "system", r.Source, "%+v", r)
	assert.True(t, strings.EqualFold(system, r.Path), "%+v", r)
	assert.True(t, strings.EqualFold(sys32, r.WorkDir), "not started in System32: %+v", r)
	if r.Account == winsec.System { // Wine's services have the user's account
		assert.Equal(t, filepath.Join(programData, name), r.Dirs.Config)
		assert.Contains(t, strings.Join(r.Tried, "\n"), "LocalSystem has no user places")
	}

	require.NoError(t, os.WriteFile(beside, []byte("{}"), 0o644))
	r = run()
	assert.Equal(t, "executable", r.Source, "%+v", r)
	assert.True(t, strings.EqualFold(beside, r.Path), "%+v", r)

	require.NoError(t, os.Remove(beside))
	require.NoError(t, os.Remove(system))
	r = run()
	assert.Contains(t, r.Error, "executable "+beside+": does not exist")
	assert.NotContains(t, strings.ToLower(r.Error), strings.ToLower(decoy), "the working directory is not searched")
}
