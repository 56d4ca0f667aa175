//go:build unix

package dev

import "syscall"

// alive says whether there is a process of that number. What has ended but not
// been waited for counts.
func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }
