package listen

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The kinds of [Error], for errors.Is. They are the same on every system, unlike
// the system's error numbers: on Windows errors.Is(err, syscall.EADDRINUSE) is
// false for WSAEADDRINUSE. ErrDenied is an [fs.ErrPermission] too, also for
// Windows' WSAEACCES, which by itself is none.
var (
	ErrInUse           = errors.New("listen: port in use")
	ErrReserved        = errors.New("listen: port in a range that Windows has reserved")
	ErrDenied    error = denied{}
	ErrNoFamily        = errors.New("listen: address family not available")
	ErrNoAddress       = errors.New("listen: no interface has this address")
)

type denied struct{}

func (denied) Error() string        { return "listen: not permitted" }
func (denied) Is(target error) bool { return target == fs.ErrPermission }

// Error says why an address could not be listened on, and what to do.
type Error struct {
	Network, Addr string     // "tcp4", "127.0.0.1:8080"; or "tcp" and what the user wrote, if it is about that
	Kind          error      // ErrInUse, ErrReserved, ErrDenied, ErrNoFamily, ErrNoAddress, or nil
	Owners        []Owner    // who has the port, for ErrInUse and as far as it can be told
	Range         *PortRange // the reserved range, for ErrReserved
	Hints         []string   // commands for this system's shell, the most useful one first
	Err           error      // the cause, as a *net.OpError

	next int // the first port after Range that is not reserved, or 0
	self int // this process
}

// Error returns one line with the cause, the owners, and the first hint:
//
//	listen tcp4 0.0.0.0:8080: port in use: nginx (pid 812) at 0.0.0.0:8080; try: ps -fp 812
func (e *Error) Error() string { return e.text(runtime.GOOS) }

// Unwrap returns Kind and Err, as far as they are set.
func (e *Error) Unwrap() []error {
	return slices.DeleteFunc([]error{e.Kind, e.Err}, func(err error) bool { return err == nil })
}

// malformed is the error for an address that can't be understood or resolved.
func malformed(address string, err error) *Error {
	return &Error{Network: "tcp", Addr: address, Err: &net.OpError{Op: "listen", Net: "tcp", Err: err}}
}

// lacking is the error for an address without the families that it must have.
func lacking(address string, missing Families, skipped []Skip) *Error {
	err := fmt.Errorf("the address has no %s, which is required", missing)
	for i, s := range skipped {
		if i == 0 {
			err = s.Err
		} else {
			err = fmt.Errorf("%w; %w", err, s.Err)
		}
	}
	e := &Error{Network: "tcp", Addr: address, Kind: ErrNoFamily, Err: &net.OpError{Op: "listen", Net: "tcp", Err: err}}
	if missing&IPv6 != 0 && len(skipped) > 0 {
		e.Hints = noFamilyHints(runtime.GOOS)
	}
	return e
}

// lookupTimeout bounds what an error may cost: netsh and lsof can be slow.
const lookupTimeout = 5 * time.Second

// explain is the error for an endpoint that was refused.
func explain(ctx context.Context, e endpoint, err error) *Error {
	r := refusal{goos: runtime.GOOS, endpoint: e, cause: causeOf(err), self: os.Getpid()}
	var owners []Owner
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	switch r.cause {
	case inUse, forbidden:
		if port := int(e.addr.Port()); port != 0 {
			owners, r.listening, _ = ownersOf(ctx, port)
		}
	}
	r.owners = inTheWay(owners, e.addr.Addr())
	if r.cause == forbidden {
		r.firstOpen = firstOpenPort()
		r.program, _ = os.Executable()
		if len(r.owners) == 0 {
			r.ranges, _ = Reserved(ctx)
		}
	}
	if len(r.owners) == 0 && r.reserved() == nil {
		r.owners = owners // better than nobody
	}
	return r.asError(err)
}

// systemPID is the Windows kernel's process.
const systemPID = 4

func (e *Error) text(goos string) string {
	addr := e.Addr
	if e.Network == "tcp" {
		addr = strconv.Quote(addr) // as the user wrote it, "" too
	}
	s := "listen " + e.Network + " " + addr + ": "
	if e.Kind != nil {
		s += strings.TrimPrefix(e.Kind.Error(), "listen: ") + ": "
	}
	s += detail(goos, e)
	switch {
	case e.Kind == ErrReserved && len(e.Hints) >= 3: // three steps, one cure
		s += "; try, as administrator: " + strings.Join(e.Hints[:3], "; ")
	case len(e.Hints) > 0:
		s += "; try: " + e.Hints[0]
	}
	return s
}

// detail is the part of an error's text that says what happened.
func detail(goos string, e *Error) string {
	switch {
	case e.Range != nil:
		s := e.Range.String() + ", as Hyper-V, WSL and Docker have WinNAT do"
		if e.next != 0 {
			s += fmt.Sprintf("; port %d is not", e.next)
		}
		return s
	case len(e.Owners) > 0:
		var who []string
		for _, o := range e.Owners {
			name := o.who()
			switch {
			case o.PID != 0 && o.PID == e.self:
				name = "this process"
			case goos == "windows" && o.PID == systemPID:
				name = kernelService(int(o.Addr.Port()))
			}
			s := name + " at " + o.Addr.String()
			if !slices.Contains(who, s) {
				who = append(who, s)
			}
		}
		if n := len(who) - 3; n > 0 {
			who = append(who[:3], fmt.Sprintf("and %d more", n))
		}
		return strings.Join(who, ", ")
	}
	if op, ok := e.Err.(*net.OpError); ok {
		return fmt.Sprint(op.Err) // its operation, network and address are e's
	}
	return fmt.Sprint(e.Err)
}

// kernelService explains a port of Windows' process 4, which listens for
// others.
func kernelService(port int) string {
	switch port {
	case 139, 445:
		return "System (pid 4), Windows' file sharing,"
	}
	return "System (pid 4), which is HTTP.sys: a service such as IIS (W3SVC), WinRM, SQL Server Reporting Services or BranchCache has it listen,"
}
