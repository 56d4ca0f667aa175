//go:build unix

package svcx

import "github.com/surefoot-go/surefoot/internal/unixsec"

// checkTrust returns an error if an account other than root could replace a program that root
// will run, or exchange a directory or link on the way to it.
func checkTrust(exe string) error { return untrusted(exe, unixsec.Account{}.CheckFile(exe)) }
