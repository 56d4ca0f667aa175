// Package wincall has the Windows calls of svcx and winsec, without golang.org/x/sys/windows. The
// initialisation of that package refers to 500 functions, which the linker then keeps in every
// program: a quarter of svcx's size.
//
// An NTSTATUS is returned as the corresponding Windows error number.
package wincall
