package winsvc

import (
	"github.com/surefoot-go/surefoot/internal/wincall"
	"github.com/surefoot-go/surefoot/internal/winsec"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// CheckTrust returns an error if an account other than SYSTEM and the administrators could replace
// a program that SYSTEM will run, or a directory or link on the path to it.
func (*Backend) CheckTrust(exe string) error {
	a, err := winsec.Machine()
	if err != nil {
		return err
	}
	return judge(a, exe, winsec.ForReading)
}

// judge checks a file or directory and the path to it. Under Wine it does not check the directories
// above the parent: Wine derives access lists from Unix modes and ignores the sticky bit, so that
// everyone seems to be able to replace files in /tmp.
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
