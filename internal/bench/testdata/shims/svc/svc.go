// Package svc has the API of golang.org/x/sys/windows/svc that its tests use, on svcx.
package svc

import "github.com/surefoot-go/surefoot/svcx"

func IsWindowsService() (bool, error) { return svcx.Under() == svcx.SCM, nil }

func IsAnInteractiveSession() (bool, error) { return svcx.Under() == svcx.Console, nil }
