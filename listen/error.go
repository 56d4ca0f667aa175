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

	"github.com/surefoot-go/surefoot/internal/portowner"
)

// The kinds of [Error], for errors.Is. They are the same on every system, unlike error numbers: on
// Windows errors.Is(err, syscall.EADDRINUSE) is false for WSAEADDRINUSE. ErrDenied also matches
// [fs.ErrPermission], even for WSAEACCES on Windows, which by itself does not.
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

// Error describes why listening on an address failed, and what to do.
type Error struct {
	Network, Addr string     // "tcp4", "127.0.0.1:8080"; or "tcp" and the caller's text, if the error is about that
	Kind          error      // ErrInUse, ErrReserved, ErrDenied, ErrNoFamily, ErrNoAddress, or nil
	Owners        []Owner    // the processes that have the port, for ErrInUse, as far as known
	Range         *PortRange // the reserved range, for ErrReserved

	// Hints say what to do, the most useful one first. A hint is a command for this system's shell,
	// in which words in capitals are placeholders; the address to write instead of an invalid one;
	// or a sentence, if no command helps.
	Hints []string

	Err error // the cause, as a *net.OpError

	next  int   // the first port after Range that is not reserved, or 0
	self  int   // this process
	ended error // the error of the context during which the port was tried again
}

// Error returns one line with the cause, the owners, and the first hint:
//
//	listen tcp4 0.0.0.0:8080: port in use: nginx (pid 812) at 0.0.0.0:8080; try: ps -fp 812
func (e *Error) Error() string { return e.text(runtime.GOOS) }

// Unwrap returns Kind and Err, if set, and the context's error if the context ended before
// [Config.Patience] ran out.
func (e *Error) Unwrap() []error {
	return slices.DeleteFunc([]error{e.Kind, e.Err, e.ended}, func(err error) bool { return err == nil })
}

// malformed returns the error for an address that can't be parsed or resolved.
func malformed(proto, address string, err error) *Error {
	e := &Error{Network: proto, Addr: address, Err: &net.OpError{Op: "listen", Net: proto, Err: err}}
	var bad *addressError
	if errors.As(err, &bad) {
		e.Hints = bad.write
	}
	return e
}

// lacking returns the error for an address that lacks a required family.
func lacking(proto, address string, missing Families, skipped []Skip) *Error {
	err := fmt.Errorf("the address has no %s, which is required", missing)
	for i, s := range skipped {
		if i == 0 {
			err = s.Err
		} else {
			err = fmt.Errorf("%w; %w", err, s.Err)
		}
	}
	e := &Error{Network: proto, Addr: address, Kind: ErrNoFamily, Err: &net.OpError{Op: "listen", Net: proto, Err: err}}
	if missing&IPv6 != 0 && len(skipped) > 0 {
		e.Hints = noFamilyHints(runtime.GOOS, causeOf(err), hasIPv6(), os.Getpid())
	}
	return e
}

// lookupTimeout limits the time spent on an error message: netsh and lsof can be slow.
const lookupTimeout = 5 * time.Second

// explain returns the error for an endpoint that could not be bound.
func explain(ctx context.Context, e endpoint, err error) *Error {
	if ctx.Err() != nil {
		ctx = context.WithoutCancel(ctx) // the port may have been tried until the context ended; name the owner anyway
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	r := refusal{goos: runtime.GOOS, endpoint: e, cause: causeOf(err), self: os.Getpid(), hasIPv6: hasIPv6()}
	var owners []Owner
	switch r.cause {
	case inUse, forbidden:
		if port := int(e.addr.Port()); port != 0 {
			owners, r.listening, _ = ownersOf(ctx, e.proto, port)
		}
	}
	r.owners = inTheWay(owners, e.addr.Addr())
	if r.cause == forbidden {
		r.firstOpen = firstOpenPort()
		r.program, _ = os.Executable()
		if len(r.owners) == 0 {
			r.ranges, _ = reservedPorts(ctx, e.proto)
		}
	}
	if len(r.owners) == 0 && r.reserved() == nil {
		r.owners = owners // better than none
	}
	return r.asError(err)
}

func (e *Error) text(goos string) string {
	addr := e.Addr
	if e.Network == "tcp" || e.Network == "udp" {
		addr = strconv.Quote(addr) // as the caller wrote it, including ""
	}
	s := "listen " + e.Network + " " + addr + ": "
	if e.Kind != nil {
		s += strings.TrimPrefix(e.Kind.Error(), "listen: ") + ": "
	}
	s += detail(goos, e)
	if e.ended != nil {
		s += ", until " + e.ended.Error()
	}
	switch {
	case e.Kind == ErrReserved && e.Range != nil && e.Range.First != e.Range.Last && len(e.Hints) > 1: // several steps, the last one to check
		s += "; try, as administrator: " + strings.Join(e.Hints[:len(e.Hints)-1], "; ")
	case e.Kind == nil && errors.As(e.Err, new(*addressError)) && len(e.Hints) > 0:
		s += "; write: " + e.Hints[0]
	case len(e.Hints) > 0:
		s += "; try: " + e.Hints[0]
	}
	return s
}

// detail returns the part of an error's text that says what happened.
func detail(goos string, e *Error) string {
	switch {
	case e.Range != nil:
		advice := portowner.OfRange(portowner.Range{First: e.Range.First, Last: e.Range.Last}, e.Network, 0)
		s := e.Range.String() + ", " + advice.Who
		if e.next != 0 {
			s += fmt.Sprintf("; port %d is not reserved", e.next)
		}
		return s
	case len(e.Owners) > 0:
		var who []string
		for _, o := range e.Owners {
			name := o.who()
			if o.PID != 0 && o.PID == e.self {
				name = "this process"
			} else if is := adviceFor(goos, e.Network, o).Who; is != "" {
				name += ", " + is + ","
			}
			s := name + " at " + o.Addr.String()
			if !slices.Contains(who, s) {
				who = append(who, s)
			}
		}
		if n := len(who) - 3; n > 0 {
			who = append(who[:3], fmt.Sprintf("and %d more", n))
		}
		s := strings.Join(who, ", ")
		if errors.Is(e.Err, errShadowed) {
			s += ", which overlaps this address (Config.Shared would share the port)"
		}
		return s
	}
	if op, ok := e.Err.(*net.OpError); ok {
		return fmt.Sprint(op.Err) // its operation, network and address are e's
	}
	return fmt.Sprint(e.Err)
}

func adviceFor(goos, network string, o Owner) portowner.Advice {
	return portowner.Of(portowner.Socket{GOOS: goos, Network: network, Port: int(o.Addr.Port()), PID: o.PID, Name: o.Name})
}
