package winsvc

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

func TestAccountOf(t *testing.T) {
	for account, want := range map[string]struct {
		name string
		kind accountKind
	}{
		"":                          {"LocalSystem", builtinAccount},
		"LocalSystem":               {"LocalSystem", builtinAccount},
		"S-1-5-18":                  {"LocalSystem", builtinAccount},
		"s-1-5-19":                  {`NT AUTHORITY\LocalService`, builtinAccount},
		"S-1-5-20":                  {`NT AUTHORITY\NetworkService`, builtinAccount},
		`.\LocalSystem`:             {"LocalSystem", builtinAccount},
		`NT AUTHORITY\SYSTEM`:       {"LocalSystem", builtinAccount},
		"LocalService":              {`NT AUTHORITY\LocalService`, builtinAccount},
		`NT AUTHORITY\LocalService`: {`NT AUTHORITY\LocalService`, builtinAccount},
		"Network Service":           {`NT AUTHORITY\NetworkService`, builtinAccount},
		`NT SERVICE\orders`:         {`NT SERVICE\orders`, builtinAccount},
		`CORP\orders$`:              {`CORP\orders$`, managedAccount},
		`CORP\ann`:                  {`CORP\ann`, userAccount},
		"ann@corp.example":          {"ann@corp.example", userAccount},
		"ann":                       {`.\ann`, userAccount},
		`.\ann`:                     {`.\ann`, userAccount},
	} {
		name, kind := accountOf(account)
		assert.Equal(t, want.name, name, account)
		assert.Equal(t, want.kind, kind, account)
	}
}

func TestPlanChanges(t *testing.T) {
	s := &spec.Spec{Name: "x", DisplayName: "x", Executable: `C:\x.exe`, StopTimeout: 20 * time.Second, RestartReset: time.Hour}
	old, err := newPlan(s)
	require.NoError(t, err)
	assert.Empty(t, old.changes(old, 0), "what is as it should be needs no call")

	s.StartType, s.Args, s.StopTimeout, s.Env = spec.Manual, []string{"-v"}, time.Minute, map[string]string{"A": "1"}
	s.Account, s.Password = "ann", "geheim"
	now, err := newPlan(s)
	require.NoError(t, err)
	assert.Equal(t, []change{
		{callChange, `command line: "C:\x.exe" -> "C:\x.exe" -v`},
		{callChange, "start: automatic -> manual"},
		{callChange, `account: LocalSystem -> .\ann`},
		{callLogonRight, ""},
		{callPreshutdown, "time to shut down: 25s -> 1m5s"},
		{callEnvironment, "environment: [] -> [A=1]"},
	}, now.changes(old, 0))

	s.Env = map[string]string{"A": "1 B=2"}
	one, err := newPlan(s)
	require.NoError(t, err)
	s.Env = map[string]string{"A": "1", "B": "2"}
	two, err := newPlan(s)
	require.NoError(t, err)
	assert.Contains(t, two.changes(one, 0), change{callEnvironment, "environment: [A=1 B=2] -> [A=1 B=2]"}, "two variables are not one")
	s.RestartDelays, s.RestartReset, s.StopTimeout = []time.Duration{1500 * time.Microsecond}, 1500*time.Millisecond, time.Second+1
	now, err = newPlan(s)
	require.NoError(t, err)
	assert.Equal(t, []action{{actionRestart, 2}}, now.actions, "as Windows would tell it")
	assert.Equal(t, uint32(2), now.reset)
	assert.Equal(t, uint32(6001), now.numbers[callPreshutdown])
	assert.Equal(t, 1500*time.Microsecond, s.RestartDelays[0], "the caller's list stays")
	assert.Contains(t, old.changes(old, 1<<callFlag), change{callFlag, "restart after an error exit: false"})
}
