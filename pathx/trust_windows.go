package pathx

import (
	"io/fs"
	"os"
	"runtime"

	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/winsec"
)

func privileged() bool {
	p, _ := winsec.Current() // its error comes back from checkTrust
	return p.Privileged
}

// checkHandle judges the open file alone.
func checkHandle(file *os.File, _ fs.FileInfo, path string) error {
	p, err := winsec.Current()
	if err != nil {
		return err
	}
	defer runtime.KeepAlive(file)
	return asUntrusted(p.CheckHandle(windows.Handle(file.Fd()), path, winsec.ForReading))
}

// checkTrust judges the open file and the way to it.
func checkTrust(file *os.File, _ fs.FileInfo, path string) error {
	return checkUse(file, path, winsec.ForReading)
}

func checkUse(file *os.File, path string, use winsec.Use) error {
	p, err := winsec.Current()
	if err != nil {
		return err
	}
	h := windows.Handle(file.Fd())
	defer runtime.KeepAlive(file)
	if err = p.CheckHandle(h, path, use); err == nil {
		err = p.CheckWay(h, path)
	}
	return asUntrusted(err)
}
