package svcx

import (
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"github.com/surefoot-go/surefoot/svcx/internal/winsvc"
)

// checkTrust returns an error if an account other than SYSTEM and the administrators could replace
// a program that SYSTEM will run, or a directory or link on the path to it.
func checkTrust(exe string) error {
	return spec.Untrusted("windows", exe, (&winsvc.Backend{}).CheckTrust(exe))
}
