package svcx

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/surefoot-go/surefoot/internal/shquote"
	"github.com/surefoot-go/surefoot/internal/trust"
)

// allRights reports whether the service runs as root, on systems that have it.
func (s *Service) allRights() bool {
	return !s.User && (s.Account == "" || s.Account == "root" || s.Account == "0")
}

// untrusted explains the error for a program that others could replace and that would run with
// all rights.
func untrusted(exe string, err error) error { return untrustedOn(runtime.GOOS, exe, err) }

func untrustedOn(goos, exe string, err error) error {
	f, ok := errors.AsType[*trust.Finding](err)
	if !ok {
		return err
	}
	hint := "install it from where only root writes (install -m 755 " + shquote.Quote(exe) + " /usr/local/bin/)"
	if goos == "windows" {
		hint = `install it from where only administrators write, such as C:\Program Files`
	}
	hint += ", set Service.Account"
	if f.Fix != "" { // otherwise the advice is to move it, too
		hint += ", or run " + f.Fix
	}
	return fmt.Errorf("svcx: %w, and %s would run with all rights: %s", f, exe, hint)
}
