package winsvc

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"time"
	"unsafe"

	"github.com/surefoot-go/surefoot/internal/wincall"
	"github.com/surefoot-go/surefoot/svcx/internal/process"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// readStart reads when a service is started.
func readStart(service syscall.Handle) (spec.StartType, error) {
	c, err := wincall.QueryServiceConfig(service)
	if err != nil {
		return 0, err
	}
	return delayed(service, startType(c.StartType)), nil
}

func delayed(service syscall.Handle, start spec.StartType) spec.StartType {
	info, err := wincall.QueryServiceConfig2(service, uint32(callDelayed))
	if err == nil && start == spec.Automatic && *(*uint32)(info) != 0 {
		return spec.DelayedAutomatic
	}
	return start
}

// readPlan reads a service. Calls whose setting the system would not tell are unknown.
func readPlan(service syscall.Handle, name string) (p *plan, unknown calls, err error) {
	c, err := wincall.QueryServiceConfig(service)
	if err != nil {
		return nil, 0, err
	}
	p = &plan{
		name:         name,
		display:      wincall.String(c.DisplayName),
		binaryPath:   wincall.String(c.BinaryPathName),
		account:      wincall.String(c.ServiceStartName),
		start:        startType(c.StartType),
		dependencies: wincall.Strings(c.Dependencies),
		kind:         c.ServiceType, startNumber: c.StartType, errorControl: c.ErrorControl,
	}
	read := func(call call) unsafe.Pointer { return readSetting(service, call, &unknown) }
	p.description = wincall.String(*(**uint16)(read(callDescription)))
	p.delayed = *(*uint32)(read(callDelayed)) != 0
	if p.delayed && p.start == spec.Automatic {
		p.start = spec.DelayedAutomatic
	}
	if len(p.dependencies) == 0 { // Wine does not tell them
		p.dependencies, _ = value(name, "DependOnService").Strings()
		groups, _ := value(name, "DependOnGroup").Strings()
		for _, group := range groups {
			p.dependencies = append(p.dependencies, "+"+group)
		}
	}
	f := (*wincall.SERVICE_FAILURE_ACTIONS)(read(callActions))
	p.reset = time.Duration(f.ResetPeriod) * time.Second
	p.actions = actionsOf(f)
	p.failureFlag = *(*uint32)(read(callFlag)) != 0
	p.preshutdown = time.Duration(*(*uint32)(read(callPreshutdown))) * time.Millisecond
	switch *(*uint32)(read(callSID)) {
	case wincall.SERVICE_SID_TYPE_UNRESTRICTED:
		p.sid = spec.SIDUnrestricted
	case wincall.SERVICE_SID_TYPE_RESTRICTED:
		p.sid = spec.SIDRestricted
	}
	p.privileges = wincall.Strings(*(**uint16)(read(callPrivileges)))
	if p.environment, err = value(name, "Environment").Strings(); err != nil && err != syscall.ERROR_FILE_NOT_FOUND {
		unknown.add(callEnvironment)
	}
	p.rawDisplay, _ = value(name, "DisplayName").String()
	p.rawDescription, _ = value(name, "Description").String()
	p.rawPath, _ = value(name, "ImagePath").String()
	return p, unknown, nil
}

// actionsOf returns the actions; a count without a list means none.
func actionsOf(f *wincall.SERVICE_FAILURE_ACTIONS) (list []action) {
	if f.Actions == nil {
		return nil
	}
	for _, a := range unsafe.Slice(f.Actions, f.ActionsCount) {
		list = append(list, action{a.Type, time.Duration(a.Delay) * time.Millisecond})
	}
	return list
}

func (s *calls) add(c call) { *s |= 1 << c }

// readSetting returns what QueryServiceConfig2 tells, and zeros for what the system would not tell.
func readSetting(service syscall.Handle, call call, unknown *calls) unsafe.Pointer {
	info, err := wincall.QueryServiceConfig2(service, uint32(call))
	if err != nil {
		unknown.add(call)
	}
	return info
}

// value returns a value of a service's key in the registry.
func value(service, name string) wincall.Value {
	return wincall.Value{Key: `SYSTEM\CurrentControlSet\Services\` + service, Name: name}
}

// owned returns the service's command line, and an error if Install and Uninstall must leave the
// service alone: it is another program's, or a driver.
func (*Backend) owned(service syscall.Handle, s *spec.Spec) (line string, err error) {
	c, err := wincall.QueryServiceConfig(service)
	if err != nil {
		return "", fail(err)
	}
	line = wincall.String(c.BinaryPathName)
	const win32 = 0x30 // SERVICE_WIN32_OWN_PROCESS | SERVICE_WIN32_SHARE_PROCESS
	switch {
	case c.ServiceType&win32 == 0:
		err = spec.Fail(spec.ErrForeign, errors.New("it is a driver: "+line), "choose another Service.Name")
	case s.Force || runs(line, s.Executable) || marked(s.Name):
	case beingDeleted(s.Name):
		err = fail(wincall.ERROR_SERVICE_MARKED_FOR_DELETE)
	default:
		err = spec.Fail(spec.ErrForeign, errors.New("it runs "+line), "choose another Service.Name, or replace that service by --force")
	}
	return line, err
}

// runs reports whether a command line runs exe, which may have several names: a short one (8.3), or
// one through a link.
func runs(line, exe string) bool {
	if isOurs(line, exe, os.Getenv) {
		return true
	}
	own, err := os.Stat(exe)
	if err != nil {
		return false
	}
	for _, program := range programs(line, os.Getenv) {
		if filepath.IsAbs(program) { // others are not found from here
			fi, err := os.Stat(program)
			if err == nil && os.SameFile(fi, own) {
				return true
			}
		}
	}
	return false
}

// beingDeleted reports whether a service is marked for deletion.
func beingDeleted(name string) bool {
	flag, err := value(name, "DeleteFlag").Number()
	return err == nil && flag != 0
}

// mark is the mark of a service that Install has registered, so that it may change its program
// later.
func mark(service string) wincall.Value { return value(service+`\Parameters`, "RegisteredBy") }

const markText = "svcx"

func marked(name string) bool {
	text, err := mark(name).String()
	return err == nil && text == markText
}

// setMark sets the mark, and returns how to take it back.
func setMark(name string) (undo func() error, err error) {
	if marked(name) {
		return nil, nil
	}
	had := mark(name).HasKey()
	undo = func() error {
		if had {
			return mark(name).Delete()
		}
		return mark(name).DeleteKey()
	}
	return undo, mark(name).SetString(markText)
}

// logDir returns the directory of the service's logs.
func logDir(s *spec.Spec) string {
	if s.LogDir != "" {
		return s.LogDir
	}
	return process.DefaultLogDir(spec.SCM, s.Name, false, os.Getenv)
}

func setEnvironment(p *plan) error {
	v := value(p.name, "Environment")
	if len(p.environment) > 0 {
		return v.SetStrings(p.environment)
	}
	if err := v.Delete(); err != syscall.ERROR_FILE_NOT_FOUND {
		return err
	}
	return nil
}
