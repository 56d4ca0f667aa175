// Package consolex keeps text readable wherever it comes from and wherever it goes: on the console,
// through pipes, from child processes, in a service.
//
// Go writes UTF-8. Windows has three more opinions about the same bytes: the console's code page,
// the system's (ANSI) and the one of the DOS days (OEM), and in a Chinese Windows each of them is
// GBK. That is how 中文 becomes 涓枃, how a child's error message becomes question marks, and how a
// service that prints to a console which it does not have loses its log.
//
//	func main() {
//		restore, err := consolex.UTF8() // what C code and children write as UTF-8 is read as UTF-8
//		if err != nil {
//			log.Print(err) // a legacy console: no reason to end a service
//		}
//		defer restore()
//		log.SetOutput(consolex.Stderr()) // right on a console at any code page; silent in a service
//		…
//	}
//
// [Stdout], [Stderr] and [NewWriter] choose by what the handle is ([KindOf]). [CombinedOutput],
// [Stream] and [Detect] decode what children and old programs write: UTF-8, UTF-16 and a code page
// ([ChildOf]), told apart by their bytes. [NewDecoder] and [NewEncoder] convert from and to one
// code page, whose name [ParseCodePage] reads.
//
// # Windows
//
// The code pages are those of Windows itself, private use and best fits included, and the same on
// every system, so that Linux decodes a Windows log as Windows does. No table is in memory before
// its first use, and a program that only calls [UTF8], [KindOf] or [Stdout] has none in its binary.
//
// The input code page is never set to 65001: ReadFile then gives NUL bytes for all that is not
// ASCII (microsoft/terminal#4551). [Stdin] reads UTF-16 and does not depend on it.
//
// # Other systems
//
// A terminal there takes UTF-8 and has no code page: [UTF8], [With] and [AttachParent] have nothing
// to do and return no error, and the writers pass bytes on as they are.
package consolex

import "errors"

// ErrNoConsole is in the error of [AttachParent] when the parent process has no console, or is
// gone.
var ErrNoConsole = errors.New("consolex: no console")

// UTF8 makes the console read as UTF-8 what programs write to it as bytes, and obey escape
// sequences (colours). It sets the output code page to 65001 and
// ENABLE_VIRTUAL_TERMINAL_PROCESSING, each only if it is not so yet. It is meant for C code in this
// process and for children on this console; what this process writes through Go needs no code page.
//
// A console outlives the processes on it and is shared by all of them. So restore puts back only
// what this call has changed, and only if it still is as this call has set it. The last of several
// overlapping calls in a process restores. restore may be called more than once and by several
// goroutines at once; it is never nil. [os.Exit] and log.Fatal skip deferred calls: call restore
// before.
//
// Ctrl+C and Ctrl+Break restore as well, because the process may end. If it handles the signal and
// goes on, the console is set to UTF-8 again a moment later.
//
// Without a console, in a service or on any system but Windows, UTF8 does nothing and returns no
// error. If it fails, everything is as before. Escape sequences are best effort: a console without
// them ("Use legacy console" in its properties) has the code page set, and [Escapes] reports false.
//
// While a console is at 65001, cmd reads .bat files that run on it as UTF-8, so that one in GBK can
// fail; put UTF8 around the children that need it, with [With].
//
// The input code page and all other modes are left alone; in particular DISABLE_NEWLINE_AUTO_RETURN
// is never set, which makes the output of other programs a staircase (microsoft/WSL#1273). See
// "SetConsoleOutputCP function" and "SetConsoleMode function" in Microsoft's console documentation.
func UTF8() (restore func() error, err error) {
	return session.enter(openConsole, onEvent)
}

// With calls f between [UTF8] and its restore, for a child that writes UTF-8 to this console:
//
//	err := consolex.With(cmd.Run)
//
// The error is f's, as it is, unless restoring fails. The console is restored when f panics. If
// UTF8 fails, f is not called.
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

// AttachParent gives a program that was built with -H windowsgui the console of the process that
// started it, so that "prog -help" in a terminal can be read. Call it first in main. Standard
// handles that lead somewhere, as in "prog > file", stay what they are; those that are dead become
// the console's, together with [os.Stdin], [os.Stdout] and [os.Stderr]. The log package has kept
// the old os.Stderr: call log.SetOutput.
//
// If there is no console to attach to, as for a double click, nothing changes and the error is
// [ErrNoConsole]. A process that has a console, and every process on other systems, keeps what it
// has: AttachParent does nothing and returns nil.
//
// AttachConsole alone replaces handles that were redirected (minux/windows#2). It must not run at
// the same time as other uses of os.Stdin, os.Stdout and os.Stderr.
//
// A shell does not wait for a program that was built with -H windowsgui: the prompt returns at
// once, and the output follows it. In a batch file, or after "start /wait", it waits.
func AttachParent() error {
	return attachParent()
}
