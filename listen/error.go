package listen

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"time"
)

// The kinds of [Error], for errors.Is. They are the same on every system, unlike
// the system's error numbers: on Windows errors.Is(err, syscall.EADDRINUSE) is
// false for WSAEADDRINUSE, and so is errors.Is(err, fs.ErrPermission) for
// WSAEACCES.
var (
	ErrInUse     = errors.New("listen: port in use")
	ErrReserved  = errors.New("listen: port in a range that Windows has reserved")
	ErrDenied    = errors.New("listen: not permitted")
	ErrNoFamily  = errors.New("listen: address family not available")
	ErrNoAddress = errors.New("listen: no interface has this address")
)

// Error says why an address could not be listened on, and what to do.
type Error struct {
	Network, Addr string     // "tcp4", "127.0.0.1:8080"; or "tcp" and what the user wrote, if it is about that
	Kind          error      // ErrInUse, ErrReserved, ErrDenied, ErrNoFamily, ErrNoAddress, or nil
	Owners        []Owner    // who has the port, for ErrInUse and as far as it can be told
	Range         *PortRange // the reserved range, for ErrReserved
	Hints         []string   // commands for this system's shell, the most useful one first
	Err           error      // the cause, as a *net.OpError

	next int // the first port after Range that is not reserved, or 0
}

// Error returns one line with the cause, the owners and the first hint:
//
//	listen tcp4 0.0.0.0:8080: port in use: nginx (pid 812) at 0.0.0.0:8080; try: ps -fp 812
func (e *Error) Error() string { return e.text(runtime.GOOS) }

// Unwrap returns Kind, if there is one, and Err.
func (e *Error) Unwrap() []error {
	if e.Kind == nil {
		return []error{e.Err}
	}
	return []error{e.Kind, e.Err}
}

// malformed is the error for an address that can't be understood or resolved.
func malformed(address string, err error) *Error {
	return &Error{Network: "tcp", Addr: address, Err: &net.OpError{Op: "listen", Net: "tcp", Err: err}}
}

// lacking is the error for an address without the families that it must have.
func lacking(address string, missing Families, skipped []Skip) *Error {
	err := fmt.Errorf("the address has no %s, which is required", missing)
	if len(skipped) > 0 {
		errs := make([]error, len(skipped))
		for i, s := range skipped {
			errs[i] = s.Err
		}
		err = errors.Join(errs...)
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
	r := refusal{goos: runtime.GOOS, endpoint: e, cause: causeOf(err)}
	switch r.cause {
	case inUse, forbidden:
		if port := int(e.addr.Port()); port != 0 {
			r.owners, r.listening, _ = ownersOf(port)
		}
	}
	if r.cause == forbidden {
		r.firstOpen = firstOpenPort()
		r.program, _ = os.Executable()
		if len(r.owners) == 0 {
			ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
			defer cancel()
			r.ranges, _ = Reserved(ctx)
		}
	}
	return r.error(err)
}
