//go:build aix || linux || solaris

package consolex

import "golang.org/x/sys/unix"

const getTermios = unix.TCGETS
