package svcx

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// plan is a service as the SCM keeps it. Install reads the one that is there,
// and makes the calls that lead from it to the one that is wanted.
type plan struct {
	name, display, description string
	binaryPath                 string // the whole command line
	account, password          string
	start                      StartType
	dependencies               []string
	actions                    []time.Duration // restart after these delays
	reset                      time.Duration
	failureFlag                bool // the actions count for an error exit, too
	preshutdown                time.Duration
	sid                        SIDType
	privileges                 []string
	environment                []string // NAME=value, sorted
	grantLogon                 bool     // the account needs SeServiceLogonRight
}

// The calls that set what a service is, in the order in which they are made.
const (
	callCreate      = "CreateServiceW"
	callChange      = "ChangeServiceConfigW"
	callLogonRight  = "LsaAddAccountRights(SeServiceLogonRight)"
	callDescription = "ChangeServiceConfig2W(SERVICE_CONFIG_DESCRIPTION)"
	callDelayed     = "ChangeServiceConfig2W(SERVICE_CONFIG_DELAYED_AUTO_START_INFO)"
	callActions     = "ChangeServiceConfig2W(SERVICE_CONFIG_FAILURE_ACTIONS)"
	callFlag        = "ChangeServiceConfig2W(SERVICE_CONFIG_FAILURE_ACTIONS_FLAG)"
	callPreshutdown = "ChangeServiceConfig2W(SERVICE_CONFIG_PRESHUTDOWN_INFO)"
	callSID         = "ChangeServiceConfig2W(SERVICE_CONFIG_SERVICE_SID_INFO)"
	callPrivileges  = "ChangeServiceConfig2W(SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO)"
	callEnvironment = "RegSetValueExW(Environment)"
)

const defaultReset = 24 * time.Hour

var defaultRestart = []time.Duration{time.Second, 5 * time.Second, 30 * time.Second}

// restarts are the waits before each restart, none for never.
func (s *Service) restarts() []time.Duration {
	if s.RestartDelays == nil {
		return defaultRestart
	}
	return s.RestartDelays
}

// plan returns the service as it should be. exe is the program's full path.
func (s *Service) plan(exe string) (*plan, error) {
	if err := s.checkInstall(exe); err != nil {
		return nil, err
	}
	if strings.Contains(exe, `"`) {
		return nil, fmt.Errorf("svcx: executable %q: a quote can't be in a path of Windows", exe)
	}
	for i, text := range append([]string{exe}, s.Args...) {
		what := "executable"
		if i > 0 {
			what = "argument"
		}
		if err := checkNoVariable(what, text); err != nil {
			return nil, err
		}
	}
	p := &plan{
		name: s.Name, display: s.display(), description: s.Description,
		binaryPath:   windowsCommandLine(exe, s.Args),
		start:        s.StartType,
		dependencies: s.DependsOn,
		actions:      s.restarts(),
		reset:        defaultReset,
		preshutdown:  s.stopTimeout() + stopMargin,
		sid:          s.SID,
		privileges:   s.Privileges,
	}
	if s.RestartReset > 0 {
		p.reset = s.RestartReset
	}
	// In the units that Windows keeps, or each Install would find a difference.
	p.reset = min(roundUp(p.reset, time.Second), math.MaxUint32*time.Second)
	p.preshutdown = roundUp(p.preshutdown, time.Millisecond)
	p.actions = slices.Clone(p.actions)
	for i, delay := range p.actions {
		p.actions[i] = roundUp(delay, time.Millisecond)
	}
	p.failureFlag = len(p.actions) > 0
	p.account, p.grantLogon = windowsAccount(s.Account)
	if p.grantLogon {
		p.password = s.Password
	}
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		p.environment = append(p.environment, name+"="+s.Env[name])
	}
	return p, nil
}

func roundUp(d, unit time.Duration) time.Duration {
	if rest := d % unit; rest > 0 && d <= math.MaxInt64-unit {
		return d + unit - rest
	}
	return d
}

// longest is a time that every manager can hold; Windows counts milliseconds in
// 32 bits.
const longest = 49 * 24 * time.Hour

// checkInstall returns what no manager can register.
func (s *Service) checkInstall(exe string) error {
	if err := s.checkName(); err != nil {
		return err
	}
	if exe == "" {
		return fmt.Errorf("svcx: service %s has no executable", s.Name)
	}
	words := map[string][]string{
		"executable": {exe}, "directory": {s.Dir}, "display name": {s.DisplayName}, "description": {s.Description},
		"account": {s.Account}, "argument": s.Args, "dependency": s.DependsOn, "privilege": s.Privileges, "log directory": {s.LogDir},
	}
	for _, what := range slices.Sorted(maps.Keys(words)) {
		for _, word := range words[what] {
			if err := checkWord(what, word); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		if name == "" || strings.Contains(name, "=") {
			return fmt.Errorf("svcx: variable name %q: it must not be empty nor contain '='", name)
		}
		if err := checkWord("variable", name+"="+s.Env[name]); err != nil {
			return err
		}
	}
	if strings.ContainsAny(s.Password, "\n\r\x00") { // which the error must not show
		return fmt.Errorf("svcx: service %s: a line break or NUL can't be in the password", s.Name)
	}
	if slices.Contains(s.DependsOn, "") || slices.Contains(s.Privileges, "") {
		return fmt.Errorf("svcx: service %s: an empty name in DependsOn or Privileges is no name", s.Name)
	}
	for _, d := range append([]time.Duration{s.StopTimeout, s.Watchdog}, s.RestartDelays...) {
		if d < 0 || d > longest {
			return fmt.Errorf("svcx: service %s: StopTimeout, Watchdog and RestartDelays must be from 0 to %d days, not %v", s.Name, longest/(24*time.Hour), d)
		}
	}
	if s.StartType > Disabled {
		return fmt.Errorf("svcx: service %s: unknown start type %v", s.Name, s.StartType)
	}
	if s.SID > SIDRestricted {
		return fmt.Errorf("svcx: service %s: unknown SID type %v", s.Name, s.SID)
	}
	return nil
}

// windowsAccount returns the account in the form that the SCM wants, and
// whether it is a user, who needs a password and the right to log on as a
// service. All other accounts get a NULL password.
func windowsAccount(account string) (name string, user bool) {
	bare := account
	if i := strings.LastIndexByte(account, '\\'); i >= 0 {
		switch strings.ToLower(account[:i]) {
		case ".", "nt authority":
			bare = account[i+1:]
		}
	}
	switch strings.ToLower(strings.ReplaceAll(bare, " ", "")) {
	case "", "localsystem", "system":
		return "LocalSystem", false
	case "localservice":
		return `NT AUTHORITY\LocalService`, false
	case "networkservice":
		return `NT AUTHORITY\NetworkService`, false
	}
	switch {
	case strings.HasPrefix(strings.ToLower(account), `nt service\`):
		return account, false
	case strings.HasSuffix(account, "$"): // a group managed service account
		return account, false
	case strings.ContainsAny(account, `\@`):
		return account, true
	}
	return `.\` + account, true
}

// change is a call that an installed service needs, and why, for people.
type change struct{ call, what string }

// changes lists the calls that lead from the plan that is there to p. A call in
// unknown could not be read and is made in any case.
func (p *plan) changes(old *plan, unknown map[string]bool) []change {
	var list []change
	compare := func(call, what string, from, to any) {
		before, after := fmt.Sprint(from), fmt.Sprint(to)
		same := before == after
		if list, ok := from.([]string); ok { // [a b] could be one word or two
			same = slices.Equal(list, to.([]string))
		}
		switch {
		case unknown[call]:
			list = append(list, change{call, what + ": " + after})
		case !same:
			list = append(list, change{call, what + ": " + before + " -> " + after})
		}
	}
	compare(callChange, "display name", old.display, p.display)
	compare(callChange, "command line", old.binaryPath, p.binaryPath)
	compare(callChange, "start", old.start.service(), p.start.service())
	if !strings.EqualFold(old.account, p.account) {
		compare(callChange, "account", old.account, p.account)
	} else if p.password != old.password {
		list = append(list, change{callChange, "password: set"}) // it can't be read
	}
	// Windows keeps groups and services apart, so their order is not ours.
	compare(callChange, "dependencies", slices.Sorted(slices.Values(old.dependencies)), slices.Sorted(slices.Values(p.dependencies)))
	if p.grantLogon {
		list = append(list, change{callLogonRight, ""}) // granting it twice changes nothing
	}
	compare(callDescription, "description", old.description, p.description)
	compare(callDelayed, "delayed", old.start == DelayedAutomatic, p.start == DelayedAutomatic)
	compare(callActions, "restarts", fmt.Sprint(old.actions, old.reset), fmt.Sprint(p.actions, p.reset))
	compare(callFlag, "restart after an error exit", old.failureFlag, p.failureFlag)
	compare(callPreshutdown, "time to shut down", old.preshutdown, p.preshutdown)
	compare(callSID, "SID type", old.sid, p.sid)
	compare(callPrivileges, "privileges", old.privileges, p.privileges)
	compare(callEnvironment, "environment", old.environment, p.environment)
	return list
}

// fresh is a service that CreateService has just made from p.
func (p *plan) fresh() *plan {
	start := p.start
	if start == DelayedAutomatic {
		start = Automatic
	}
	return &plan{display: p.display, binaryPath: p.binaryPath, account: p.account, password: p.password,
		start: start, dependencies: p.dependencies, preshutdown: -1}
}

// service is the start type without what CreateService doesn't know.
func (t StartType) service() StartType {
	if t == DelayedAutomatic {
		return Automatic
	}
	return t
}
