package pathx

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/surefoot-go/surefoot/internal/trust"
)

// Trust says whose files are taken. A configuration tells a process what to load and run: if a
// process has more rights than the account that can write its configuration, that account has those
// rights too (CVE-2019-12572 and many more).
//
// A file is trusted if its owner is, and if no one else may write it. The same holds for every
// directory on its way, and for every directory that a link on the way leads through.
//
// On Unix the trusted are root and the account itself (the effective one). The modes of the file
// and the directories have no write bit for group and others, except those of directories with the
// sticky bit; links in these are judged by their owner.
//
// On Windows the trusted are SYSTEM, the Administrators, TrustedInstaller, the account itself and
// the SIDs of its services, judged by SID and never by name. The file's DACL lets no one else
// write, delete or take it over. That of no directory lets anyone else rename or delete what is in
// it, or the directory itself unless it is a volume's root, which can't be renamed or deleted.
// Symbolic links, junctions and mounted volumes are judged like files. A file without a DACL, which
// anyone may write, is not trusted.
//
// The access control lists of Linux show in the mode's group bits, and so are part of it; those of
// macOS and of ZFS (NFSv4) don't, and aren't looked at.
type Trust uint8

const (
	// TrustDefault checks if the process is privileged: root on Unix; SYSTEM, LocalService,
	// NetworkService, any service or IIS application pool, the accounts of a Windows container, or
	// elevated on Windows.
	TrustDefault Trust = iota

	// TrustAlways checks for every account.
	TrustAlways

	// TrustNone takes any file that can be read. It is for programs that run as root or as a
	// service and are meant to be configured by everybody, and for an operator who takes the risk,
	// on a mount that has no owners for instance. What would not be trusted says so in
	// [Finder.Explain].
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

// UnmarshalText sets t from one of the words default, always and none, so that a program can leave
// the decision to its operator, by a flag or a variable that is seen:
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

// An UntrustedError says who could change a file, or a directory on its way. It is [ErrUntrusted].
type UntrustedError struct {
	Path string   // the file or directory
	Who  []string // the accounts that it belongs to or that may write it: "uid 1000", "Everyone (S-1-1-0)"
	Fix  string   // the command for an administrator, or what else to do where no command is right

	owner bool // Who owns it; else Who may write it
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

// asUntrusted makes ErrUntrusted of what the rules find; all other errors stay as they are.
func asUntrusted(err error) error {
	if f, ok := errors.AsType[*trust.Finding](err); ok {
		return &UntrustedError{Path: f.Path, Who: f.Who, Fix: cmp.Or(f.Fix, f.Advice), owner: f.Owner}
	}
	if errors.Is(err, trust.ErrExchanged) {
		return fmt.Errorf("%w: %w", ErrUntrusted, err)
	}
	return err
}
