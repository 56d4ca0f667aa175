package svcx

import (
	"errors"
	"fmt"

	"github.com/surefoot-go/surefoot/internal/trust"
)

// allRights reports whether the service runs as root, on systems that have it.
func (s *Service) allRights() bool {
	return !s.User && (s.Account == "" || s.Account == "root" || s.Account == "0")
}

// untrusted explains the error for a program that others could replace and that would run with
// all rights.
func untrusted(exe string, err error) error {
	f, ok := errors.AsType[*trust.Finding](err)
	if !ok {
		return err
	}
	hint := "move it to where only administrators write, set Service.Account, or run " + f.Fix
	if f.Fix == "" {
		hint = "set Service.Account, or " + f.Advice
	}
	return fmt.Errorf("svcx: %w, and %s would run with all rights: %s", f, exe, hint)
}
