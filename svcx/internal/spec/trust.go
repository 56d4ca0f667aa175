package spec

import (
	"github.com/surefoot-go/surefoot/internal/shquote"
	"github.com/surefoot-go/surefoot/internal/trust"
)

// Untrusted adds advice to the error for a program that would run with all rights but that another
// account could replace.
func Untrusted(goos, exe string, err error) error {
	f, ok := err.(*trust.Finding)
	if !ok {
		return err
	}
	hint := "install it from where only root writes (install -m 755 " + shquote.Quote(exe) + " /usr/local/bin/)"
	if goos == "windows" {
		hint = `install it from where only administrators write, such as C:\Program Files`
	}
	hint += ", set Service.Account"
	if f.Fix != "" { // otherwise the only advice is to move the program
		hint += ", or run " + f.Fix
	}
	return Errorf("svcx: %w, and %s would run with all rights: %s", f, exe, hint)
}
