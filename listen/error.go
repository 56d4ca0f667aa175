package listen

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
)

// The kinds of [Error], for errors.Is.
var (
	ErrInUse     = errors.New("listen: port in use")
	ErrReserved  = errors.New("listen: port in a range that Windows has reserved")
	ErrDenied    = errors.New("listen: not permitted")
	ErrNoFamily  = errors.New("listen: address family not available")
	ErrNoAddress = errors.New("listen: no interface has this address")
)

// Error says why an address could not be listened on.
type Error struct {
	Network, Addr string // "tcp4", "127.0.0.1:8080"; "tcp" and what the user wrote, if it is about that
	Kind          error  // ErrInUse, ErrReserved, ErrDenied, ErrNoFamily, ErrNoAddress, or nil
	Err           error  // the cause; mostly a *net.OpError
}

// Error returns one line.
func (e *Error) Error() string {
	what := ""
	if e.Kind != nil {
		what = strings.TrimPrefix(e.Kind.Error(), "listen: ") + ": "
	}
	err := e.Err
	if op, ok := err.(*net.OpError); ok {
		err = op.Err // its operation, network and address are ours
	}
	return fmt.Sprintf("listen %s %s: %s%v", e.Network, e.Addr, what, err)
}

// Unwrap returns Kind and Err.
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
	errs := make([]error, len(skipped))
	for i, s := range skipped {
		errs[i] = s.Err
	}
	if len(errs) == 0 {
		errs = []error{fmt.Errorf("the address has no %s, which is required", missing)}
	}
	return &Error{Network: "tcp", Addr: address, Kind: ErrNoFamily, Err: errors.Join(errs...)}
}

// explain is the error for an endpoint that was refused.
func explain(ctx context.Context, e endpoint, err error) *Error {
	out := &Error{Network: e.network(), Addr: e.addr.String(), Err: err}
	switch causeOf(err) {
	case inUse:
		out.Kind = ErrInUse
	case forbidden:
		out.Kind = ErrDenied
	case noFamily:
		out.Kind = ErrNoFamily
	case noAddress:
		out.Kind = ErrNoAddress
	}
	return out
}
