// Package wincall has the Windows calls of svcx and winsec, without golang.org/x/sys/windows. The
// initialisation of that package refers to 500 functions, so that the linker keeps what belongs to
// them in every program: a quarter of what svcx would add to one.
//
// A number of an NTSTATUS is returned as the error number that Windows has for it.
package wincall
