package winsvc

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/internal/winpath"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// plan holds the settings of a service as the SCM stores them. Install reads the registered plan,
// and makes the calls that change it to the desired one.
type plan struct {
	name, display, description string
	binaryPath                 string // the whole command line
	account, password          string
	kind, start, errorControl  uint32
	dependencies               []string
	actions                    []action
	reset                      uint32 // in seconds
	privileges                 []string
	environment                []string // NAME=value, sorted
	grantLogon                 bool     // the account needs SeServiceLogonRight

	// The numeric settings, by call. callDelayed takes effect only for an automatic start, although
	// Windows keeps it for others. callFlag applies the actions also to a stop with an error.
	// callPreshutdown is in milliseconds.
	numbers [callPreshutdown + 1]uint32

	// Registry values of texts that Windows translates ("@x.dll,-1") or expands, for undo.
	rawDisplay, rawDescription, rawPath string
}

// action is an SC_ACTION.
type action struct{ kind, milliseconds uint32 }

// The types of actions (SC_ACTION_TYPE). Install sets restarts, and keeps other actions that are
// registered.
const (
	actionNone = iota
	actionRestart
	actionReboot
	actionRunCommand
)

// A call is a Windows call that changes settings of a service.
type call uint8

// The first calls are ChangeServiceConfig2W; their values are its levels (SERVICE_CONFIG_…).
const (
	callDescription call = 1 + iota
	callActions
	callDelayed
	callFlag
	callSID
	callPrivileges
	callPreshutdown
	callChange
	callLogonRight
	callEnvironment
)

var callNames = [...]string{
	callDescription: "ChangeServiceConfig2W(SERVICE_CONFIG_DESCRIPTION)",
	callActions:     "ChangeServiceConfig2W(SERVICE_CONFIG_FAILURE_ACTIONS)",
	callDelayed:     "ChangeServiceConfig2W(SERVICE_CONFIG_DELAYED_AUTO_START_INFO)",
	callFlag:        "ChangeServiceConfig2W(SERVICE_CONFIG_FAILURE_ACTIONS_FLAG)",
	callSID:         "ChangeServiceConfig2W(SERVICE_CONFIG_SERVICE_SID_INFO)",
	callPrivileges:  "ChangeServiceConfig2W(SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO)",
	callPreshutdown: "ChangeServiceConfig2W(SERVICE_CONFIG_PRESHUTDOWN_INFO)",
	callChange:      "ChangeServiceConfigW",
	callLogonRight:  "LsaAddAccountRights(SeServiceLogonRight)",
	callEnvironment: "RegSetValueExW(Environment)",
}

func (c call) String() string { return callNames[c] }

// calls is a set of calls.
type calls uint16

func (s calls) have(c call) bool { return s>>c&1 != 0 }

// newPlan returns the desired plan of the service.
func newPlan(s *spec.Spec) (*plan, error) {
	if err := check(s); err != nil {
		return nil, err
	}
	p := &plan{
		name: s.Name, display: s.DisplayName, description: s.Description,
		binaryPath: CommandLine(s.Executable, s.Args),
		kind:       ownProcess, start: startNumbers[s.StartType], errorControl: errorNormal,
		dependencies: s.DependsOn,
		reset:        units(s.RestartReset, time.Second),
		privileges:   s.Privileges,
	}
	for _, delay := range s.RestartDelays {
		p.actions = append(p.actions, action{actionRestart, units(delay, time.Millisecond)})
	}
	p.numbers[callDelayed] = number(s.StartType == spec.DelayedAutomatic)
	p.numbers[callFlag] = number(len(s.RestartDelays) > 0)
	p.numbers[callSID] = sidNumbers[s.SID]
	p.numbers[callPreshutdown] = units(s.StopTimeout+spec.StopMargin, time.Millisecond)
	var who accountKind
	p.account, who = accountOf(s.Account)
	p.grantLogon = who == userAccount || who == managedAccount
	if who == userAccount {
		p.password = s.Password
	}
	p.environment = s.Variables()
	for i, name := range p.environment {
		p.environment[i] = name + "=" + s.Env[name]
	}
	return p, nil
}

// check returns an error for settings that the SCM does not support.
func check(s *spec.Spec) error {
	if err := s.Check(); err != nil {
		return err
	}
	// The log directory has the service's name.
	if winpath.IsReserved(s.Name) || strings.HasSuffix(s.Name, ".") ||
		strings.ContainsFunc(s.Name, func(c rune) bool { return c < ' ' || strings.ContainsRune(`<>:"|?*`, c) }) {
		return spec.Refuse("service name", s.Name, "a Windows directory can't have that name")
	}
	if strings.Contains(s.Executable, `"`) {
		return spec.Refuse("executable", s.Executable, "a Windows path can't contain a quote")
	}
	err := checkNoVariable("executable", s.Executable)
	for _, arg := range s.Args {
		if err == nil {
			err = checkNoVariable("argument", arg)
		}
	}
	return err
}

// driveOf returns the drive ("H:") of an argument that is a path on a drive or has such a path
// after "=", or "" for any other argument.
func driveOf(arg string) string {
	if strings.HasPrefix(arg, "-") {
		_, arg, _ = strings.Cut(arg, "=")
	}
	if len(arg) < 3 || arg[1] != ':' || arg[2] != '\\' && arg[2] != '/' {
		return ""
	}
	return arg[:2]
}

// units returns d in the whole units that Windows stores, rounded up. Otherwise each Install would
// find a difference.
func units(d, unit time.Duration) uint32 {
	n := d / unit
	if d%unit > 0 {
		n++
	}
	return uint32(min(n, math.MaxUint32))
}

func number(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

// change is a call to make, with a description for the user.
type change struct {
	call call
	what string
}

// adopt copies the settings that Install does not manage from the registered plan.
func (p *plan) adopt(old *plan) {
	same := restarts(old.actions) == restarts(p.actions)
	for _, a := range old.actions {
		if a.kind != actionRestart && a.kind != actionNone {
			p.actions = append(p.actions, a)
			p.numbers[callFlag] |= old.numbers[callFlag]
		}
	}
	if same {
		p.actions = old.actions // in the registered order
	}
	if restarts(p.actions) == "" {
		p.reset = old.reset // belongs to the other actions; Windows stores no reset period without actions
	}
	if old.kind&^interactive == ownProcess {
		p.kind = old.kind
		if p.account != "LocalSystem" { // Windows allows interactive services for LocalSystem only
			p.kind = ownProcess
		}
	}
	p.errorControl = old.errorControl
}

// restarts returns the delays of the restarts up to the first failure without an action. It appends
// "none" if no list of restarts alone is equivalent.
func restarts(list []action) (delays string) {
	over := false
	for _, a := range list {
		switch {
		case a.kind == actionNone && delays == "":
			over = true
		case a.kind == actionNone || over:
			return delays + "none"
		case a.kind == actionRestart:
			delays += fmt.Sprint(a.milliseconds) + " "
		}
	}
	return delays
}

// settings calls visit for each setting that the SCM stores, in the order in which they are set,
// with the call that sets it and its human-readable value.
func (p *plan) settings(visit func(call call, what, value string)) {
	visit(callChange, "display name", p.display)
	visit(callChange, "command line", p.binaryPath)
	visit(callChange, "type", fmt.Sprint(p.kind))
	visit(callChange, "start", startType(p.start, 0).String())
	visit(callChange, "account", p.account)
	visit(callChange, "dependencies", words(sortedFold(p.dependencies))) // Windows does not preserve the order
	visit(callLogonRight, "", "")
	visit(callDescription, "description", p.description)
	visit(callDelayed, "delayed", strconv.FormatBool(p.numbers[callDelayed] != 0))
	visit(callActions, "restarts", describe(p.actions)+" "+duration(p.reset, time.Second))
	visit(callFlag, "restart after an error exit", strconv.FormatBool(p.numbers[callFlag] != 0))
	visit(callPreshutdown, "time to shut down", duration(p.numbers[callPreshutdown], time.Millisecond))
	visit(callSID, "SID type", p.sidType().String())
	visit(callPrivileges, "privileges", words(p.privileges))
	visit(callEnvironment, "environment", words(p.environment))
}

func duration(n uint32, unit time.Duration) string { return (time.Duration(n) * unit).String() }

// words formats a list with NULs between its words, since [a b] could be one word or two.
func words(list []string) string { return "[" + strings.Join(list, "\x00") + "]" }

// changes returns the calls, in order, that change the registered plan old to p. If old is nil, it
// returns the calls that are needed after CreateService. The calls in unknown, whose settings could
// not be read, are always made.
func (p *plan) changes(old *plan, unknown calls) (list []change) {
	created := old == nil
	if created {
		old = &plan{}
	}
	if p.display == old.rawDisplay { // the registered text is equal, whatever Windows displays
		old.display = p.display
	}
	if p.description == old.rawDescription {
		old.description = p.description
	}
	var before []string
	old.settings(func(_ call, _, value string) { before = append(before, value) })
	p.settings(func(call call, what, value string) {
		was := before[0]
		before = before[1:]
		switch {
		case created && call == callChange:
			return
		case call == callDelayed && p.start != autoStart && old.start != autoStart: // it has no effect
			return
		case call == callLogonRight && p.grantLogon:
			// Always make this call: granting the right twice changes nothing.
		case what == "account" && sameAccount(was, value, os.Getenv("COMPUTERNAME")):
			if p.password == old.password {
				return
			}
			what = "password: set" // the registered password can't be read
		case unknown.have(call):
			what += ": " + value
		case was != value:
			what += ": " + was + " -> " + value
		default:
			return
		}
		list = append(list, change{call, strings.ReplaceAll(what, "\x00", " ")})
	})
	return list
}

// sortedFold returns the names sorted, ignoring case.
func sortedFold(list []string) []string {
	names := make([]string, len(list))
	for i, name := range list {
		names[i] = strings.ToLower(name)
	}
	slices.Sort(names)
	return names
}

// describe returns a human-readable list of actions.
func describe(list []action) string {
	texts := make([]string, len(list))
	for i, a := range list {
		texts[i] = duration(a.milliseconds, time.Millisecond)
		if a.kind != actionRestart {
			texts[i] = actionName(a.kind) + " after " + texts[i]
		}
	}
	return words(texts)
}

var actionNames = [...]string{"none", "restart", "reboot", "run-command", "own-restart"}

func actionName(kind uint32) string {
	if int(kind) < len(actionNames) {
		return actionNames[kind]
	}
	return fmt.Sprintf("action-%d", kind)
}

// Service types and start types (SERVICE_WIN32_OWN_PROCESS, …).
const (
	ownProcess  = 0x10
	interactive = 0x100

	autoStart   = 2
	demandStart = 3
	disabled    = 4

	errorNormal = 1
)

// The Windows values of spec.StartType and spec.SIDType.
var (
	startNumbers = [...]uint32{autoStart, autoStart, demandStart, disabled}
	sidNumbers   = [...]uint32{sidNone, sidUnrestricted, sidRestricted}
)

const sidNone, sidUnrestricted, sidRestricted = 0, 1, 3

func (p *plan) startType() spec.StartType { return startType(p.start, p.numbers[callDelayed]) }

func startType(start, delayed uint32) spec.StartType {
	switch {
	case start == demandStart:
		return spec.Manual
	case start == disabled:
		return spec.Disabled
	case delayed != 0:
		return spec.DelayedAutomatic
	}
	return spec.Automatic
}

func (p *plan) sidType() spec.SIDType {
	switch p.numbers[callSID] {
	case sidUnrestricted:
		return spec.SIDUnrestricted
	case sidRestricted:
		return spec.SIDRestricted
	}
	return spec.SIDNone
}

// raw replaces the texts of a plan that was read with those in the registry, since Windows returned
// them translated and with variables expanded.
func (p *plan) raw() *plan {
	if p.rawDisplay != "" {
		p.display = p.rawDisplay
	}
	if p.rawDescription != "" {
		p.description = p.rawDescription
	}
	if p.rawPath != "" {
		p.binaryPath = p.rawPath
	}
	return p
}
