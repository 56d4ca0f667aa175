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
	start                      spec.StartType
	delayed                    bool // counts for an automatic start; Windows keeps it for others
	dependencies               []string
	actions                    []action
	reset                      time.Duration
	failureFlag                bool // the actions also count for an error exit
	preshutdown                time.Duration
	sid                        spec.SIDType
	privileges                 []string
	environment                []string // NAME=value, sorted
	grantLogon                 bool     // the account needs SeServiceLogonRight

	// What is kept as it was read, for undo: the numbers of the type, the start and the error
	// control, and texts that Windows translates ("@x.dll,-1") or expands.
	exact                               bool // register these
	kind, startNumber, errorControl     uint32
	rawDisplay, rawDescription, rawPath string
}

// action is an SC_ACTION.
type action struct {
	kind  uint32
	delay time.Duration
}

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

var levels = [...]string{"", "DESCRIPTION", "FAILURE_ACTIONS", "DELAYED_AUTO_START_INFO", "FAILURE_ACTIONS_FLAG", "SERVICE_SID_INFO",
	"REQUIRED_PRIVILEGES_INFO", "PRESHUTDOWN_INFO"}

func (c call) String() string {
	switch c {
	case callChange:
		return "ChangeServiceConfigW"
	case callLogonRight:
		return "LsaAddAccountRights(SeServiceLogonRight)"
	case callEnvironment:
		return "RegSetValueExW(Environment)"
	}
	return "ChangeServiceConfig2W(SERVICE_CONFIG_" + levels[c] + ")"
}

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
		binaryPath:   CommandLine(s.Executable, s.Args),
		start:        s.StartType,
		delayed:      s.StartType == spec.DelayedAutomatic,
		dependencies: s.DependsOn,
		// In the units that Windows keeps, or each Install would find a difference.
		reset:       min(roundUp(s.RestartReset, time.Second), math.MaxUint32*time.Second),
		preshutdown: roundUp(s.StopTimeout+spec.StopMargin, time.Millisecond),
		failureFlag: len(s.RestartDelays) > 0,
		sid:         s.SID,
		privileges:  s.Privileges,
	}
	for _, delay := range s.RestartDelays {
		p.actions = append(p.actions, action{actionRestart, roundUp(delay, time.Millisecond)})
	}
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

func roundUp(d, unit time.Duration) time.Duration {
	if rest := d % unit; rest > 0 && d <= math.MaxInt64-unit {
		return d + unit - rest
	}
	return d
}

// change is a call that an installed service needs, and why, for people.
type change struct {
	call call
	what string
}

// adopt takes over from the registered plan what Install does not manage.
func (p *plan) adopt(old *plan) {
	var kept []action
	for _, a := range old.actions {
		if a.kind != actionRestart && a.kind != actionNone {
			kept = append(kept, a)
		}
	}
	if restarts(old.actions) == restarts(p.actions) {
		p.actions = old.actions // in the order in which they were given
	} else {
		p.actions = append(p.actions, kept...)
	}
	if len(kept) > 0 && !p.failureFlag {
		p.failureFlag = old.failureFlag
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
			delays += a.delay.String() + " "
		}
	}
	return delays
}

// changes lists the calls, in the order in which they are made, that lead from the plan that is there to p. A call in unknown could not
// be read and is made in any case.
func (p *plan) changes(old *plan, unknown calls) []change {
	d := differences{unknown: unknown}
	d.text(callChange, "display name", shown(old.display, old.rawDisplay, p.display), p.display)
	d.text(callChange, "command line", old.binaryPath, p.binaryPath)
	if old.kind != 0 {
		d.text(callChange, "type", fmt.Sprint(old.kind), fmt.Sprint(p.serviceType()))
	}
	d.text(callChange, "start", scmStart(old.start).String(), scmStart(p.start).String())
	if !sameAccount(old.account, p.account, os.Getenv("COMPUTERNAME")) {
		d.text(callChange, "account", old.account, p.account)
	} else if p.password != old.password {
		d.list = append(d.list, change{callChange, "password: set"}) // it can't be read
	}
	// Windows keeps groups and services apart, so their order is not ours.
	d.words(callChange, "dependencies", sortedFold(old.dependencies), sortedFold(p.dependencies))
	if p.grantLogon {
		d.list = append(d.list, change{callLogonRight, ""}) // granting it twice changes nothing
	}
	d.text(callDescription, "description", shown(old.description, old.rawDescription, p.description), p.description)
	delayed := old.delayed && (old.start.AtBoot() || p.start.AtBoot())
	d.text(callDelayed, "delayed", strconv.FormatBool(delayed), strconv.FormatBool(p.delayed))
	d.text(callActions, "restarts", describe(old.actions, old.reset), describe(p.actions, p.reset))
	d.text(callFlag, "restart after an error exit", strconv.FormatBool(old.failureFlag), strconv.FormatBool(p.failureFlag))
	d.text(callPreshutdown, "time to shut down", old.preshutdown.String(), p.preshutdown.String())
	d.text(callSID, "SID type", old.sid.String(), p.sid.String())
	d.words(callPrivileges, "privileges", old.privileges, p.privileges)
	d.words(callEnvironment, "environment", old.environment, p.environment)
	return d.list
}

// shown returns a text that Windows has shown, or what is registered, if that is what is wanted.
func shown(text, raw, want string) string {
	if raw == want {
		return raw
	}
	return text
}

// differences are the changes from one plan to another.
type differences struct {
	list    []change
	unknown calls
}

// add adds a change, and none if the setting is known and the same. Inlined, it would be here twice.
//
//go:noinline
func (d *differences) add(call call, what, before, after string, same bool) {
	switch {
	case d.unknown.have(call):
		d.list = append(d.list, change{call, what + ": " + after})
	case !same:
		d.list = append(d.list, change{call, what + ": " + before + " -> " + after})
	}
}

//go:noinline
func (d *differences) text(call call, what, before, after string) {
	d.add(call, what, before, after, before == after)
}

// words compares lists: [a b] could be one word or two.
//
//go:noinline
func (d *differences) words(call call, what string, before, after []string) {
	d.add(call, what, fmt.Sprint(before), fmt.Sprint(after), slices.Equal(before, after))
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
func describe(list []action, reset time.Duration) string {
	words := make([]string, len(list))
	for i, a := range list {
		words[i] = a.delay.String()
		if a.kind != actionRestart {
			words[i] = actionName(a.kind) + " after " + words[i]
		}
	}
	return "[" + strings.Join(words, " ") + "] " + reset.String()
}

var actionNames = [...]string{"none", "restart", "reboot", "run-command", "own-restart"}

func actionName(kind uint32) string {
	if int(kind) < len(actionNames) {
		return actionNames[kind]
	}
	return fmt.Sprintf("action-%d", kind)
}

// ownProcess is SERVICE_WIN32_OWN_PROCESS, interactive SERVICE_INTERACTIVE_PROCESS.
const ownProcess, interactive = 0x10, 0x100

// serviceType returns the type to register: that of a process of its own.
func (p *plan) serviceType() uint32 {
	if p.exact || p.kind != 0 {
		return p.kind
	}
	return ownProcess
}

// raw returns a plan that was read with the texts as they are in the registry: Windows has shown
// them in its own language, and with the values of variables.
func (p *plan) raw() *plan {
	r := *p
	r.exact = true
	if p.rawDisplay != "" {
		r.display = p.rawDisplay
	}
	if p.rawDescription != "" {
		r.description = p.rawDescription
	}
	if p.rawPath != "" {
		r.binaryPath = p.rawPath
	}
	return &r
}

// fresh is a service that CreateService has just made from p.
func (p *plan) fresh() *plan {
	return &plan{display: p.display, binaryPath: p.binaryPath, account: p.account, password: p.password,
		start: scmStart(p.start), dependencies: p.dependencies, preshutdown: -1}
}

// scmStart returns the start type without what CreateService doesn't know.
func scmStart(t spec.StartType) spec.StartType {
	if t == spec.DelayedAutomatic {
		return spec.Automatic
	}
	return t
}
