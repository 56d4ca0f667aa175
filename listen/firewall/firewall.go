// Package firewall determines whether Windows Firewall allows incoming connections to a program,
// and adds the rule that allows them.
//
// A server on a developer's Windows machine may answer on localhost only, without any message.
// There are several possible reasons: no rule allows it; the prompt on the first listen was once
// cancelled, which left two Block rules that no Allow rule overrides; the program was started by
// "go run", which gives each build a different path; or a domain policy ignores the machine's own
// rules. Check finds the reason, without special rights:
//
//	v, err := firewall.Check(ctx, firewall.Query{Port: 8080})
//	if err == nil && v.Private != firewall.Allowed {
//		log.Println(v, v.Hints)
//	}
//
// # Windows
//
// Check only reads the registry: the rules of this machine, of Group Policy and of device
// management, and the settings of each profile. It needs no special rights. The verdict covers
// these rules, for each kind of network; Get-NetConnectionProfile shows the kind of a network. It
// does not cover filters that other software has added to the Windows Filtering Platform, nor those
// of a router.
//
// Block rules override Allow rules. Incoming connections that no rule matches are blocked, and
// Windows may ask the user on the first listen. Loopback traffic is not filtered at all, so a
// program that only this machine has to reach can simply listen on localhost.
//
// Allow and Remove run netsh and need an elevated process.
//
// # Other systems
//
// ParseRule and Evaluate are pure functions and work everywhere. Check, Allow and Remove return an
// error that wraps errors.ErrUnsupported.
//
// All functions are safe for concurrent use.
package firewall

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"strings"
)

// A Query describes a listening program, and the peers in question.
type Query struct {
	// Program is the path of the listening program. For Check, "" means this process's program; it
	// converts a path to the form known to the kernel, without short names and links. Evaluate uses
	// the path unchanged. "System" is the kernel itself (HTTP.sys).
	Program string

	// Port is the port that it listens on. 0 means a port that the system picks; rules with ports
	// don't apply to it.
	Port int

	Protocol Protocol // TCP or UDP; the zero value is TCP

	// Loopback is true if it listens on 127.0.0.1 or ::1 only.
	Loopback bool

	// Service is the short name of the Windows service that the program runs as, or "". Rules for
	// services apply only to services, and only to one that has a SID: "sc qsidtype NAME" must not
	// print NONE ("Create an Inbound Program or Service Rule").
	Service string

	// Remote is the peer's address; the zero value means any peer.
	Remote netip.Addr

	// Profiles are the kinds of network from which the program should be reachable: a suggested
	// rule opens these. 0 means Domain|Private, since a developer's machine is rarely meant to
	// serve a public network.
	Profiles Profiles
}

// wanted returns the profiles that a suggested rule may open.
func (q Query) wanted() Profiles {
	if q.Profiles == 0 {
		return Domain | Private
	}
	return q.Profiles
}

func (q Query) protocol() Protocol {
	if q.Protocol == AnyProtocol {
		return TCP
	}
	return q.Protocol
}

func (q Query) isLoopback() bool { return q.Loopback || q.Remote.Unmap().IsLoopback() }

func (q Query) check() error {
	if q.Port < 0 || q.Port > 65535 {
		return fmt.Errorf("firewall: port %d is not between 0 and 65535", q.Port)
	}
	if p := q.protocol(); p != TCP && p != UDP {
		return fmt.Errorf("firewall: a program listens on TCP or UDP, not on protocol %v", p)
	}
	return nil
}

// A Decision is the fate of a connection from outside.
type Decision uint8

const (
	NoRule  Decision = iota // no rule matches: blocked, possibly after a prompt
	Allowed                 // at least some peers can connect; the notes name the limits
	Blocked                 // blocked by a rule or setting; no allow rule would help
)

// String returns "no rule", "allowed" or "blocked".
func (d Decision) String() string {
	return enumName(uint8(d), "Decision", "no rule", "allowed", "blocked")
}

// A Verdict is the decision for each kind of network, and why.
type Verdict struct {
	Domain, Private, Public Decision

	// Notes say, for people, which rules and settings led to the decisions and to which peers they
	// are limited.
	Notes []string

	// Hints say what to do about profiles that don't let the program in: the commands that remove
	// this machine's Block rules, and the command that adds an Allow rule for Query.Profiles if
	// there is none. Hints that begin with "netsh" or "powershell" are commands for an elevated
	// prompt.
	Hints []string

	// Cancelled holds the Block rules that a cancelled prompt has left for the program, usually one
	// for TCP and one for UDP. No Allow rule overrides them; Remove accepts their IDs.
	Cancelled []Rule

	// Temporary is true if the program's path was created by "go run", "go test" or a debugger: the
	// next build has another path, and no rule.
	Temporary bool
}

// String returns the three decisions on one line.
func (v Verdict) String() string {
	return fmt.Sprintf("domain: %v, private: %v, public: %v", v.Domain, v.Private, v.Public)
}

// Check reads this machine's rules and settings and returns their verdict on q. It needs no special
// rights. If a profile's firewall is off, everything is Allowed; if a policy ignores the machine's
// own rules, so does Check.
//
// Check assumes that a Block rule with an unreadable value applies, and ignores an Allow rule with
// one and a text that is not a rule. If this account may not read the rules of the device
// management, Check evaluates the others. The Notes report all of this.
//
// Windows resolves the variables in a rule's path for its own account, so Check only resolves those
// that are the same for all accounts. It compares paths and does not recognize a rule whose path
// contains short names or links.
//
// On other systems, and on a Windows without a rule store, the error wraps errors.ErrUnsupported.
//
// The keys are those of [MS-GPFAS] 2.2.2.19 and 2.2.3, and their counterparts in
// SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy.
func Check(ctx context.Context, q Query) (Verdict, error) {
	p, err := system.readPolicy(ctx)
	if err != nil && !(q.isLoopback() && errors.Is(err, errNoRules)) {
		return Verdict{}, err
	}
	if err := q.check(); err != nil {
		return Verdict{}, err
	}
	if q.Program == "" {
		if q.Program, err = os.Executable(); err != nil {
			return Verdict{}, fmt.Errorf("firewall: finding this program's path: %w", err)
		}
	}
	if !isSystem(q.Program) {
		q.Program = system.realPath(q.Program)
	}
	rules, notes := p.parse(machineVariable(os.LookupEnv))
	v := evaluate(rules, p.merge(), q)
	if !q.isLoopback() {
		v.Notes = append(v.Notes, notes...)
	}
	return v, nil
}

// errNoRules is returned on a Windows without the firewall, such as a container.
var errNoRules error = unsupported("this Windows has no store of firewall rules")

// unsupported is the reason why a system doesn't support an operation.
type unsupported string

func (u unsupported) Error() string {
	return "firewall: " + string(u) + ": " + errors.ErrUnsupported.Error()
}
func (unsupported) Unwrap() error { return errors.ErrUnsupported }

// system holds the operations that Check, Allow and Remove need, in a variable for the tests.
var system = struct {
	readPolicy func(context.Context) (registryPolicy, error)
	elevated   func() bool
	realPath   func(string) string
	netsh      func(ctx context.Context, args []string) (output string, err error)
}{readPolicy, elevated, realPath, netsh}

// Evaluate returns the verdict of the rules on q, on profiles with Windows' default settings: the
// firewall is on and blocks everything that no rule allows.
//
// If an Allow rule is limited to some peers (RA4, RPort, IFType, …), the decision is Allowed and a
// note names the limit. A limited Block rule changes an allowed profile only if it covers
// everything that is allowed. q.Remote settles limits by address, but not keywords such as
// LocalSubnet, which depend on the network.
//
// Evaluate ignores an Allow rule with a condition that q does not settle, and adds a note: devices
// paired by Wi-Fi Direct or UPnP, Store apps, users, owners, IPsec, and keys that are not in the
// grammar.
//
// Path comparison ignores case. %SystemRoot% and other variables that are the same for all accounts
// have the values of an installation on drive C.
//
// The order of precedence is that of "[MS-FASP]: Firewall and Advanced Security Protocol", 2.2.34;
// rules that need IPsec let no ordinary peer in (2.2.35).
func Evaluate(rules []Rule, q Query) Verdict {
	return evaluate(rules, [len(all)]profile{}, q)
}

// ErrElevation reports that the process is not running as administrator. It matches
// fs.ErrPermission.
var ErrElevation error = elevationError{}

type elevationError struct{}

func (elevationError) Error() string        { return "firewall: needs administrator rights" }
func (elevationError) Is(target error) bool { return target == fs.ErrPermission }

// An Error is the reason why Allow or Remove changed nothing.
type Error struct {
	Op      string // "allow" or "remove"
	Name    string // the rule's
	Command string // the command for an elevated prompt; "" if none is safe to paste
	Output  string // the output of netsh, in Windows' language
	Err     error
}

func (e *Error) Error() string {
	s := fmt.Sprintf("firewall: %s %q: %s", e.Op, e.Name, strings.ReplaceAll(e.Err.Error(), "firewall: ", ""))
	if e.Output != "" {
		s += ": " + e.Output
	}
	if e.Command != "" {
		s += "; from an elevated prompt: " + e.Command
	}
	return s
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Allow adds r to this machine's rules unless an equivalent rule exists. So it may be called at
// every start, elevated or not.
//
// r must be an active inbound allow rule with a name and a program or ports, and can have a
// protocol, profiles and RemoteAddrs. For anything else, such as a service or local addresses, the
// error names the unsupported part and wraps errors.ErrUnsupported. The program is the full path of
// a file; it may contain only variables that are the same for all accounts.
//
// Adding a rule needs an elevated process. Otherwise the error is an *Error that wraps
// ErrElevation; its Command is the netsh command that adds the rule. The command is safe to paste
// into the Command Prompt and PowerShell, whatever r contains: if no such command exists, Command
// is empty and the error says so. A name or path that no rule can have is an error in any case.
// Allow doesn't report whether the rule is enough: Check does.
//
// On other systems the error wraps errors.ErrUnsupported.
func Allow(ctx context.Context, r Rule) error {
	fail := func(err error) error { return &Error{Op: "allow", Name: r.Name, Err: err} }
	if err := checkSimple(r); err != nil {
		return fail(err)
	}
	p, err := system.readPolicy(ctx)
	if err != nil {
		return fail(err)
	}
	variable := machineVariable(os.LookupEnv)
	r.Program, _ = expand(r.Program, variable)
	if isFullPath(r.Program) {
		r.Program = system.realPath(r.Program)
	}
	args, err := addArgs(r)
	if err != nil {
		return fail(err)
	}
	rules, _ := p.parse(variable)
	for _, old := range rules {
		if old.Store == Local && sameRule(old, r) {
			return nil
		}
	}
	return run(ctx, "allow", r.Name, args)
}

// Remove deletes this machine's inbound rules with that name, or the one rule with that ID, as in
// Verdict.Cancelled. For an ID, netsh deletes the rules with the same name, program, protocol and
// profiles. If there is no such rule, the error wraps fs.ErrNotExist. Remove does not delete rules
// of Group Policy, nor Windows' own rules, whose names are references to resources.
//
// Deleting a rule needs an elevated process. Otherwise the error is an *Error that wraps
// ErrElevation; its Command is the netsh command that deletes the rule, as for Allow. On other
// systems the error wraps errors.ErrUnsupported.
func Remove(ctx context.Context, name string) error {
	fail := func(err error) error { return &Error{Op: "remove", Name: name, Err: err} }
	p, err := system.readPolicy(ctx)
	if err != nil {
		return fail(err)
	}
	rules, _ := p.parse(machineVariable(os.LookupEnv))
	rule, found := findLocal(rules, name)
	if !found {
		return fail(fmt.Errorf("this machine has no such inbound rule: %w", fs.ErrNotExist))
	}
	if rule != nil {
		name = rule.Name
	}
	args, err := deleteArgs(name, rule)
	if err != nil {
		return fail(err)
	}
	return run(ctx, "remove", name, args)
}

// findLocal returns the rule with that ID. If there is none, found reports whether any rule has
// that name.
func findLocal(rules []Rule, name string) (rule *Rule, found bool) {
	for _, r := range rules {
		if r.Store != Local || r.Direction != Inbound {
			continue
		}
		if strings.EqualFold(r.ID, name) {
			return &r, true
		}
		found = found || strings.EqualFold(r.Name, name)
	}
	return nil, found
}

// run runs netsh if the process is elevated.
func run(ctx context.Context, op, name string, args []string) error {
	line, lineErr := commandLine(args)
	if system.elevated() {
		output, err := system.netsh(ctx, args)
		if err != nil {
			return &Error{Op: op, Name: name, Command: line, Output: output, Err: err}
		}
		return nil
	}
	if lineErr != nil {
		return &Error{Op: op, Name: name, Err: errors.Join(ErrElevation, lineErr)}
	}
	return &Error{Op: op, Name: name, Command: line, Err: ErrElevation}
}
