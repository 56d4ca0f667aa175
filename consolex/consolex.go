// Package consolex keeps text readable on the console, in pipes, from child processes and in
// services.
//
// Go writes UTF-8. Windows may interpret the same bytes in three other ways: in the console's code
// page, the system's (ANSI) or that of DOS programs (OEM); on a Chinese Windows all three are GBK.
// This is why 中文 turns into 涓枃 and a child's error message into question marks. A service has no
// console at all and loses what it prints.
//
//	func main() {
//		restore, err := consolex.UTF8() // for C code and children that write UTF-8
//		if err != nil {
//			log.Print(err) // a legacy console; not fatal
//		}
//		defer restore()
//		log.SetOutput(consolex.Stderr()) // correct at any console code page; silent in a service
//		…
//	}
//
// [Stdout], [Stderr] and [NewWriter] adapt to the kind of file ([KindOf]). [CombinedOutput],
// [Stream] and [Detect] decode the output of children and old programs, detecting UTF-8, UTF-16 and
// a code page ([ChildOf]) from the bytes. [NewDecoder] and [NewEncoder] convert from and to one
// code page, which [ParseCodePage] looks up by name.
//
// # Windows
//
// The code pages match those of Windows exactly, including private use characters and best fits,
// and are the same on every system, so that Linux decodes a Windows log as Windows does. Tables are
// loaded on first use, and a program that only calls [UTF8], [KindOf] or [Stdout] does not link
// any.
//
// The package never sets the input code page to 65001, because ReadFile then returns NUL bytes for
// everything that is not ASCII (microsoft/terminal#4551). [Stdin] reads UTF-16 and does not depend
// on the input code page.
//
// # Other systems
//
// Terminals expect UTF-8 and have no code page: [UTF8], [With] and [AttachParent] do nothing and
// return no error, and writers pass bytes through unchanged.
package consolex

import "errors"

// ErrNoConsole is returned, wrapped, by [AttachParent] if the parent process has no console or has
// exited.
var ErrNoConsole = errors.New("consolex: no console")

// UTF8 makes the console interpret the bytes written to it as UTF-8 and process escape sequences
// (colours). It sets the output code page to 65001 and enables ENABLE_VIRTUAL_TERMINAL_PROCESSING,
// each only if not already set. It is meant for C code in this process and for children on this
// console; output written through Go does not need it.
//
// A console outlives the processes on it and is shared by all of them. So restore undoes only what
// this call has changed, and only if it has not been changed since. If calls overlap in a process,
// the last one to end restores the console. restore is never nil, may be called more than once and
// is safe for concurrent use. [os.Exit] and log.Fatal skip deferred calls, so call restore first.
//
// Ctrl+C and Ctrl+Break also restore the console, because the process may end. If the process
// handles the signal and continues, the console is set to UTF-8 again a moment later.
//
// Without a console, as in a service or on systems other than Windows, UTF8 does nothing and
// returns no error. If it fails, nothing has changed. Escape sequences are best effort: on a
// console without them ("Use legacy console" in its properties) only the code page is set, and
// [Escapes] returns false.
//
// While a console is set to 65001, cmd reads .bat files that run on it as UTF-8, so that a file in
// GBK may fail. Use [With] to set UTF-8 only for the children that need it.
//
// UTF8 does not change the input code page or any other mode. In particular it never sets
// DISABLE_NEWLINE_AUTO_RETURN, which turns the output of other programs into a staircase
// (microsoft/WSL#1273). See "SetConsoleOutputCP function" and "SetConsoleMode function" in
// Microsoft's console documentation.
func UTF8() (restore func() error, err error) {
	return session.enter(openConsole, onEvent)
}

// With calls f between [UTF8] and its restore, for a child that writes UTF-8 to this console:
//
//	err := consolex.With(cmd.Run)
//
// With returns f's error unchanged unless restoring fails. It also restores the console if f
// panics. If UTF8 fails, f is not called.
func With(f func() error) (err error) {
	restore, err := UTF8()
	if err != nil {
		return err
	}
	defer func() {
		if failed := restore(); failed != nil {
			err = errors.Join(err, failed)
		}
	}()
	return f()
}

// AttachParent attaches a program that was built with -H windowsgui to the console of its parent
// process, so that "prog -help" in a terminal prints its help. Call it first in main. Valid
// standard handles, as in "prog > file", are kept; invalid ones are replaced by the console's, as
// are [os.Stdin], [os.Stdout] and [os.Stderr]. The log package still holds the old os.Stderr: call
// log.SetOutput.
//
// If there is no console to attach to, as after a double click, nothing changes and the error
// matches [ErrNoConsole]. If the process already has a console, and on other systems, AttachParent
// does nothing and returns nil.
//
// Unlike AttachConsole alone, AttachParent keeps redirected handles (minux/windows#2). It must not
// be called while other goroutines use os.Stdin, os.Stdout or os.Stderr.
//
// A shell does not wait for a program that was built with -H windowsgui: the prompt returns at once
// and the output follows it. In a batch file and with "start /wait" it does wait.
func AttachParent() error {
	return attachParent()
}
