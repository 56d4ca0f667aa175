//go:build unix

package svcx

import "syscall"

func pressCtrlC() error { return syscall.Kill(syscall.Getpid(), syscall.SIGINT) }
