// Package firewall answers whether Windows Firewall lets connections in to a program, and makes the
// rule that does.
//
// A server that runs on a developer's Windows machine answers on localhost and nowhere else, and
// nothing says why. The reason is one of these: no rule allows it; the prompt of the first listen
// was once cancelled, which left two Block rules that no Allow rule can beat; the program was
// started by "go run", which gives each build another path; a policy of the domain ignores the
// machine's own rules. Check finds which, without any rights:
//
//	v, err := firewall.Check(ctx, firewall.Query{Port: 8080})
//	if err == nil && v.Private != firewall.Allowed {
//		log.Println(v, v.Hints)
//	}
//
// # Windows
//
// Check reads the registry only: the rules of this machine, of Group Policy and of a device
// management, and the settings of each profile. No rights are needed. The verdict is that of these
// rules, for each kind of network; Get-NetConnectionProfile tells which kind a network is. It
// doesn't know filters that other software has put into the Windows Filtering Platform, nor a
// router's.
//
// Block beats allow; what no rule matches is blocked on the way in, and Windows asks the user at
// the first listen if it may; loopback traffic is not filtered at all. For a program that only this
// machine is to reach, listening on localhost is therefore all that is needed.
//
// Allow and Remove run netsh, and so need an elevated process.
//
// # Other systems
//
// ParseRule and Evaluate are pure functions and work everywhere. Check, Allow and Remove return an
// error that wraps errors.ErrUnsupported.
//
// All functions may be called concurrently.
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
	// Program is the path of the program that listens. Check takes this process's for "", and makes
	// of any the one by which the kernel knows it, without short names and links; Evaluate takes it
	// as it is. "System" is the kernel itself (HTTP.sys).
	Program string

	// Port is the port that it listens on; 0 is one that the system picks, to which rules with
	// ports don't apply.
	Port int

	Protocol Protocol // TCP or UDP; the zero value is TCP

	// Loopback is true if it listens on 127.0.0.1 or ::1 only.
	Loopback bool

	// Service is the short name of the Windows service that the program runs as, or "". Rules for
	// services apply to such only, and only to one that has a SID: "sc qsidtype NAME" must not say
	// NONE ("Create an Inbound Program or Service Rule").
	Service string

	// Remote is the peer's address; the zero value is any peer.
	Remote netip.Addr

	// Profiles are the kinds of network on which the program is to be reached: a suggested rule
	// opens these. 0 is Domain|Private: a developer's machine is rarely meant to serve a public
	// network.
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

// A Decision says what becomes of a connection from outside.
type Decision uint8

const (
	NoRule  Decision = iota // no rule matches: blocked, perhaps after Windows has asked
	Allowed                 // at least some peers get in; the notes name the limits
	Blocked                 // a rule or a setting blocks it, and no allow rule would help
)

// String returns "no rule", "allowed" or "blocked".
func (d Decision) String() string {
	return enumName(uint8(d), "Decision", "no rule", "allowed", "blocked")
}

// A Verdict is the decision for each kind of network, and why.
type Verdict struct {
	Domain, Private, Public Decision

	// Notes say, for people, which rules and settings have decided and to which peers they are
	// limited.
	Notes []string

	// Hints are what to do about profiles that don't let the program in: the lines that remove this
	// machine's Block rules, and the one that adds an Allow rule on Query.Profiles where none is.
	// Those that begin with "netsh" or "powershell" are lines for an elevated prompt.
	Hints []string

	// Cancelled are the Block rules that a cancelled prompt has left for the program, usually one
	// for TCP and one for UDP. No allow rule beats them; Remove takes their IDs.
	Cancelled []Rule

	// Temporary is true if the program's path is one that "go run", "go test" or a debugger has
	// made: the next build has another, and no rule.
	Temporary bool
}

// String returns the three decisions on one line.
func (v Verdict) String() string {
	return fmt.Sprintf("domain: %v, private: %v, public: %v", v.Domain, v.Private, v.Public)
}

// Check reads this machine's rules and settings and says what they decide for q. It needs no
// rights. Where a profile's firewall is off, everything is Allowed; where a policy ignores the
// machine's own rules, so does Check.
//
// A Block rule with a value that can't be read is taken to apply, an Allow rule with one does not
// count, and a text that is not a rule is left out. If the key of a device management's rules is
// denied to this account, the others are judged. Notes say so.
//
// Windows resolves the variables in a rule's path for its own account, so Check resolves only those
// that are the same for all accounts. It knows the program by its path: a rule whose own path has
// short names or links in it is missed.
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

// errNoRules is what a Windows has that lacks the firewall, such as a container.
var errNoRules error = unsupported("this Windows has no store of firewall rules")

// unsupported is the reason why a system can't do something.
type unsupported string

func (u unsupported) Error() string {
	return "firewall: " + string(u) + ": " + errors.ErrUnsupported.Error()
}
func (unsupported) Unwrap() error { return errors.ErrUnsupported }

// system is what Check, Allow and Remove need of it; a variable for the tests.
var system = struct {
	readPolicy func(context.Context) (registryPolicy, error)
	elevated   func() bool
	realPath   func(string) string
	netsh      func(ctx context.Context, args []string) (output string, err error)
}{readPolicy, elevated, realPath, netsh}

// Evaluate says what the rules decide for q, on profiles with the settings that Windows comes with:
// the firewall is on, and blocks what no rule allows.
//
// A rule that is limited to some peers (RA4, RPort, IFType, …) allows those: the decision is
// Allowed, and a note names the limit. A Block rule that is so limited takes an allowed profile
// away only if it covers all that is allowed. q.Remote settles the limits by address, but not
// keywords such as LocalSubnet, which depend on the network.
//
// An Allow rule with a condition that q does not answer never counts, and a note says why: devices
// that are paired by Wi-Fi Direct or UPnP, apps of the Store, users, owners, IPsec, and keys that
// are not in the grammar.
//
// Paths are compared without regard to case; %SystemRoot% and other variables that are the same for
// all accounts have the values of an installation on drive C.
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

// An Error says why Allow or Remove has done nothing.
type Error struct {
	Op      string // "allow" or "remove"
	Name    string // the rule's
	Command string // what does it from an elevated prompt; "" if no line is safe to paste
	Output  string // what netsh has said, in Windows' language
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

// Allow adds r to this machine's rules unless a rule that says the same is there already; it may
// thus be called at every start, elevated or not.
//
// r must be an active inbound allow rule with a name and a program or ports, and can have a
// protocol, profiles and RemoteAddrs. With anything else, such as a service or local addresses, the
// error says what Allow does not make, and wraps errors.ErrUnsupported. The program is the full
// path of a file, in which only variables may stand that are the same for all accounts.
//
// Adding needs an elevated process. Without it, the error is an *Error that wraps ErrElevation, and
// whose Command is the netsh line that adds the rule. It can be pasted into the Command Prompt and
// into PowerShell and does nothing else in either, whatever stands in r: where that can't be, there
// is no line, and the error says so. A name or a path that no rule can have is an error in any
// case. Allow doesn't report whether the rule is enough: Check does.
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

// Remove deletes this machine's inbound rules of that name, or the one rule of that ID: of such
// rules, as Verdict.Cancelled has, netsh deletes what agrees in name, program, protocol and
// profiles. Where there is none, the error wraps fs.ErrNotExist. Group Policy's rules are not this
// machine's to delete, and rules whose name is a reference to a resource are Windows' own.
//
// Deleting needs an elevated process. Without it, the error is an *Error that wraps ErrElevation,
// and whose Command is the netsh line that does it, as for Allow. On other systems the error wraps
// errors.ErrUnsupported.
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

// findLocal finds the rule of that ID or, for a nil rule, reports whether any has that name.
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

// run has netsh do it, if it may.
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
