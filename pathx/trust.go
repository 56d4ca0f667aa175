package pathx

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/surefoot-go/surefoot/internal/trust"
)

// Trust determines whose files are accepted. A configuration tells a process what to load and run:
// if a less privileged account can write the configuration of a process, that account effectively
// has the rights of the process (CVE-2019-12572 and many others).
//
// A file is trusted if its owner is trusted and no one else can write it. The same applies to every
// directory on the path to it, and to every directory that a link on the path leads through.
//
// On Unix the trusted accounts are root and the effective account of the process. The file and the
// directories must not be writable by group or others, except for directories with the sticky bit;
// links in these are judged by their owner.
//
// On Windows the trusted accounts are SYSTEM, the Administrators, TrustedInstaller, the account
// itself and the SIDs of its services, compared by SID and never by name. The file's DACL must not
// let anyone else write, delete or take ownership of it. The DACL of a directory must not let
// anyone else rename or delete the directory or its contents; the root of a volume can't be renamed
// or deleted itself. Symbolic links, junctions and mounted volumes are checked like files. A file
// without a DACL, which anyone may write, is not trusted.
//
// Linux access control lists show in the group bits of the mode and are thus checked. Those of
// macOS and ZFS (NFSv4) don't, and are not checked.
type Trust uint8

const (
	// TrustDefault checks if the process is privileged: root on Unix; SYSTEM, LocalService,
	// NetworkService, any service or IIS application pool, the accounts of a Windows container, or
	// elevated on Windows.
	TrustDefault Trust = iota

	// TrustAlways checks for every account.
	TrustAlways

	// TrustNone accepts any readable file. It is for programs that run as root or as a service and
	// are meant to be configured by everyone, and for operators who accept the risk, for example on
	// a mount without owners. [Finder.Explain] still reports files that would not be trusted.
	TrustNone
)

// String returns one word: default, always or none.
func (t Trust) String() string {
	if int(t) < len(trustNames) {
		return trustNames[t]
	}
	return fmt.Sprintf("Trust(%d)", uint8(t))
}

var trustNames = [...]string{TrustDefault: "default", TrustAlways: "always", TrustNone: "none"}

// MarshalText returns String, for JSON and for [flag.TextVar].
func (t Trust) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText sets t from one of the words default, always and none. It lets a program leave the
// decision to its operator, through a visible flag or variable:
//
//	flag.TextVar(&finder.Trust, "config-trust", pathx.TrustDefault, "default, always or none")
func (t *Trust) UnmarshalText(text []byte) error {
	i := slices.Index(trustNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("pathx: trust %.40q: write default, always or none", text)
	}
	*t = Trust(i)
	return nil
}

// An UntrustedError reports who could change a file or a directory on the path to it. It matches
// [ErrUntrusted].
type UntrustedError struct {
	Path string   // the file or directory
	Who  []string // the accounts that own it or can write it: "uid 1000", "Everyone (S-1-1-0)"
	Fix  string   // the command for an administrator, or other advice if no command fits

	owner bool // Who owns it, rather than may write it
}

func (e *UntrustedError) Error() string {
	return ErrUntrusted.Error() + ": " + e.reason() + "; " + e.Fix
}

// Unwrap returns [ErrUntrusted].
func (e *UntrustedError) Unwrap() error { return ErrUntrusted }

func (e *UntrustedError) reason() string {
	f := trust.Finding{Path: e.Path, Who: e.Who, Owner: e.owner}
	return f.Error()
}

// asUntrusted converts the errors of the trust rules to an *UntrustedError and returns all other
// errors unchanged.
func asUntrusted(err error) error {
	if f, ok := errors.AsType[*trust.Finding](err); ok {
		return &UntrustedError{Path: f.Path, Who: f.Who, Fix: cmp.Or(f.Fix, f.Advice), owner: f.Owner}
	}
	if errors.Is(err, trust.ErrExchanged) {
		return fmt.Errorf("%w: %w", ErrUntrusted, err)
	}
	return err
}
