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

// plan is a service as the SCM keeps it. Install reads the one that is there, and makes the calls
// that lead from it to the one that is wanted.
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

	// The settings that are a number. callDelayed counts for an automatic start, and Windows keeps
	// it for others; callFlag makes the actions count for an error exit, too; callPreshutdown has
	// milliseconds.
	numbers [callPreshutdown + 1]uint32

	// Texts that Windows translates ("@x.dll,-1") or expands, as they are in the registry, for undo.
	rawDisplay, rawDescription, rawPath string
}

// action is an SC_ACTION.
type action struct{ kind, milliseconds uint32 }

// The types of actions (SC_ACTION_TYPE). Install sets restarts; it keeps what others have set
// beside them.
const (
	actionNone = iota
	actionRestart
	actionReboot
	actionRunCommand
)

// A call sets something of a service.
type call uint8

// The first ones are ChangeServiceConfig2W, with its levels (SERVICE_CONFIG_…).
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

// calls is a set of them.
type calls uint16

func (s calls) have(c call) bool { return s>>c&1 != 0 }

// newPlan returns the service as it should be.
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

// check returns what the SCM can't take.
func check(s *spec.Spec) error {
	if err := s.Check(); err != nil {
		return err
	}
	// The log directory has the same name.
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

// driveOf returns the drive ("H:") of an argument that is a path on a drive, or has one behind "=",
// and "" for any other.
func driveOf(arg string) string {
	if strings.HasPrefix(arg, "-") {
		_, arg, _ = strings.Cut(arg, "=")
	}
	if len(arg) < 3 || arg[1] != ':' || arg[2] != '\\' && arg[2] != '/' {
		return ""
	}
	return arg[:2]
}

// units returns a time in the whole units that Windows keeps, or each Install would find a
// difference.
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

// change is a call that an installed service needs, and why, for people.
type change struct {
	call call
	what string
}

// adopt takes over from the registered plan what Install does not manage.
func (p *plan) adopt(old *plan) {
	same := restarts(old.actions) == restarts(p.actions)
	for _, a := range old.actions {
		if a.kind != actionRestart && a.kind != actionNone {
			p.actions = append(p.actions, a)
			p.numbers[callFlag] |= old.numbers[callFlag]
		}
	}
	if same {
		p.actions = old.actions // in the order in which they were given
	}
	if restarts(p.actions) == "" {
		p.reset = old.reset // it is that of the other actions; Windows keeps none without actions
	}
	if old.kind&^interactive == ownProcess {
		p.kind = old.kind
		if p.account != "LocalSystem" { // Windows refuses others that are interactive
			p.kind = ownProcess
		}
	}
	p.errorControl = old.errorControl
}

// restarts returns the delays of the restarts up to the first failure after which nothing is done.
// "none" ends them if they differ from any list of restarts.
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

// settings calls visit for each thing that the SCM keeps of a service, in the order in which it is
// set, with the call that sets it and its value for people.
func (p *plan) settings(visit func(call call, what, value string)) {
	visit(callChange, "display name", p.display)
	visit(callChange, "command line", p.binaryPath)
	visit(callChange, "type", fmt.Sprint(p.kind))
	visit(callChange, "start", startType(p.start, 0).String())
	visit(callChange, "account", p.account)
	visit(callChange, "dependencies", words(sortedFold(p.dependencies))) // Windows has an order of its own
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

// words returns a list with NULs between its words, since [a b] could be one word or two.
func words(list []string) string { return "[" + strings.Join(list, "\x00") + "]" }

// changes lists the calls, in the order in which they are made, that lead from the plan that is
// there to p; from nil, what CreateService leaves to do. A call in unknown could not be read and is
// made in any case.
func (p *plan) changes(old *plan, unknown calls) (list []change) {
	created := old == nil
	if created {
		old = &plan{}
	}
	if p.display == old.rawDisplay { // whatever Windows shows for it
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
		case call == callDelayed && p.start != autoStart && old.start != autoStart: // it does not count
			return
		case call == callLogonRight && p.grantLogon:
			// Granting it twice changes nothing.
		case what == "account" && sameAccount(was, value, os.Getenv("COMPUTERNAME")):
			if p.password == old.password {
				return
			}
			what = "password: set" // it can't be read
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

// sortedFold returns the names in an order that does not depend on their case.
func sortedFold(list []string) []string {
	names := make([]string, len(list))
	for i, name := range list {
		names[i] = strings.ToLower(name)
	}
	slices.Sort(names)
	return names
}

// describe returns a list of actions for people.
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

// Types and ways to start (SERVICE_WIN32_OWN_PROCESS, …).
const (
	ownProcess  = 0x10
	interactive = 0x100

	autoStart   = 2
	demandStart = 3
	disabled    = 4

	errorNormal = 1
)

// The numbers that Windows has for the values of spec.StartType and spec.SIDType.
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

// raw gives a plan that was read the texts as they are in the registry: Windows has shown them in
// its own language, and with the values of variables.
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
