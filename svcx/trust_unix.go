//go:build unix

package svcx

import (
	"runtime"

	"github.com/surefoot-go/surefoot/internal/unixsec"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// checkTrust returns an error if an account other than root could replace a program that root will
// run, or a directory or link on the path to it.
func checkTrust(exe string) error {
	return spec.Untrusted(runtime.GOOS, exe, unixsec.Account{}.CheckFile(exe))
}
