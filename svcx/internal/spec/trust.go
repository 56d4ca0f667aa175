package spec

import (
	"github.com/surefoot-go/surefoot/internal/shquote"
	"github.com/surefoot-go/surefoot/internal/trust"
)

// Untrusted explains the error for a program that others could replace and that would run with all
// rights.
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
	if f.Fix != "" { // otherwise the advice is only to move it
		hint += ", or run " + f.Fix
	}
	return Errorf("svcx: %w, and %s would run with all rights: %s", f, exe, hint)
}
