//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package consolex

import "golang.org/x/sys/unix"

const getTermios = unix.TIOCGETA
