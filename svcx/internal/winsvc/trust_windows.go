package winsvc

import (
	"github.com/surefoot-go/surefoot/internal/wincall"
	"github.com/surefoot-go/surefoot/internal/winsec"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// CheckTrust returns an error if an account other than SYSTEM and the administrators could replace
// a program that SYSTEM will run, or exchange a directory or link on the way to it.
func (*Backend) CheckTrust(exe string) error {
	a, err := winsec.Machine()
	if err != nil {
		return err
	}
	return judge(a, exe, winsec.ForReading)
}

// judge judges a file or directory and the way to it. Wine makes up access lists from Unix modes
// without their sticky bit, so that everyone seems to be able to exchange what is below /tmp: there
// the directories farther up are not judged.
func judge(a *winsec.Account, path string, use winsec.Use) error {
	if !wincall.IsWine() {
		return a.CheckFile(path, use)
	}
	err := a.CheckObject(path, use)
	if err == nil && use == winsec.ForReading {
		err = a.CheckObject(spec.Dir(path), winsec.ForPassing)
	}
	return err
}
