// Package wincall provides the Windows calls of svcx and winsec, without golang.org/x/sys/windows.
// The initialization of that package refers to 500 functions, which the linker therefore keeps in
// every binary: a quarter of svcx's size.
//
// An NTSTATUS is returned as the corresponding Windows error number.
package wincall
