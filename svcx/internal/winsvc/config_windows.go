package winsvc

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"unsafe"

	"github.com/surefoot-go/surefoot/internal/wincall"
	"github.com/surefoot-go/surefoot/svcx/internal/process"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// readPlan reads the settings of a service. unknown holds the calls whose settings can't be read.
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
		kind:         c.ServiceType,
		start:        c.StartType,
		errorControl: c.ErrorControl,
		dependencies: wincall.Strings(c.Dependencies),
	}
	read := func(call call) unsafe.Pointer { return readSetting(service, call, &unknown) }
	p.description = wincall.String(*(**uint16)(read(callDescription)))
	if len(p.dependencies) == 0 { // Wine does not return them
		p.dependencies, _ = value(name, "DependOnService").Strings()
		groups, _ := value(name, "DependOnGroup").Strings()
		for _, group := range groups {
			p.dependencies = append(p.dependencies, "+"+group)
		}
	}
	f := (*wincall.SERVICE_FAILURE_ACTIONS)(read(callActions))
	p.reset, p.actions = f.ResetPeriod, actionsOf(f)
	for _, call := range [...]call{callDelayed, callFlag, callSID, callPreshutdown} {
		p.numbers[call] = *(*uint32)(read(call))
	}
	p.privileges = wincall.Strings(*(**uint16)(read(callPrivileges)))
	v := value(name, "Environment")
	if p.environment, err = v.Strings(); err != nil && err != syscall.ERROR_FILE_NOT_FOUND {
		unknown.add(callEnvironment)
	}
	v.Name = "DisplayName"
	p.rawDisplay, _ = v.String()
	v.Name = "Description"
	p.rawDescription, _ = v.String()
	v.Name = "ImagePath"
	p.rawPath, _ = v.String()
	return p, unknown, nil
}

// actionsOf returns the actions. A count without a list means that there are none.
func actionsOf(f *wincall.SERVICE_FAILURE_ACTIONS) (list []action) {
	if f.Actions == nil {
		return nil
	}
	return unsafe.Slice((*action)(unsafe.Pointer(f.Actions)), f.ActionsCount)
}

func (s *calls) add(c call) { *s |= 1 << c }

// readSetting returns the result of QueryServiceConfig2. If that fails, it returns zeros and adds
// call to unknown.
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

// owned returns the path of the registered program, or an error if Install and Uninstall must not
// change the service because it belongs to another program or is a driver.
func (*Backend) owned(service syscall.Handle, s *spec.Spec) (program string, err error) {
	c, err := wincall.QueryServiceConfig(service)
	if err != nil {
		return "", fail(err)
	}
	line := wincall.String(c.BinaryPathName)
	const win32 = 0x30 // SERVICE_WIN32_OWN_PROCESS | SERVICE_WIN32_SHARE_PROCESS
	why, hint := "", ""
	switch {
	case c.ServiceType&win32 == 0:
		why, hint = "it is a driver: ", "choose another Service.Name"
	case runs(line, s.Executable):
		return s.Executable, nil
	case s.Force || marked(mark(s.Name)):
		return programOf(line, os.Getenv), nil
	case beingDeleted(s.Name):
		return "", fail(wincall.ERROR_SERVICE_MARKED_FOR_DELETE)
	default:
		why, hint = "it runs ", "choose another Service.Name, or replace that service by --force"
	}
	return "", spec.Fail(spec.ErrForeign, errors.New(why+line), hint)
}

// denied returns the error for a service that can't be opened: ErrForeign rather than
// ErrAccessDenied if it belongs to another program. Even administrators have few rights to a
// protected service.
func (m *Backend) denied(s *spec.Spec, err error) error {
	if !errors.Is(err, spec.ErrAccessDenied) {
		return err
	}
	if h, unreadable := open(s.Name, wincall.SERVICE_QUERY_CONFIG); unreadable == nil {
		if _, foreign := m.owned(h.service, s); foreign != nil {
			err = foreign
		}
		h.close()
	}
	return err
}

// runs reports whether a command line runs exe. The file may have several names: a short name
// (8.3), or a path through a link.
func runs(line, exe string) bool {
	if isOurs(line, exe, os.Getenv) {
		return true
	}
	own, err := os.Stat(exe)
	if err != nil {
		return false
	}
	for _, program := range programs(line, os.Getenv) {
		if filepath.IsAbs(program) { // a relative path can't be resolved from here
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

// mark returns the registry value that marks a service as registered by Install. Install may then
// change its program.
func mark(service string) wincall.Value { return value(service+`\Parameters`, "RegisteredBy") }

const markText = "svcx"

func marked(mark wincall.Value) bool {
	text, _ := mark.String()
	return text == markText
}

// setMark sets the mark. undo removes it, and is nil if it was already set.
func setMark(name string) (undo func() error, err error) {
	mark := mark(name)
	if marked(mark) {
		return nil, nil
	}
	had := mark.HasKey()
	undo = func() error {
		if had {
			return mark.Delete()
		}
		return mark.DeleteKey()
	}
	return undo, mark.SetString(markText)
}

// logDir returns the directory of the service's logs.
func logDir(s *spec.Spec) string {
	if s.LogDir != "" {
		return s.LogDir
	}
	return process.DefaultLogDir(spec.SCM, s.Name, false, os.Getenv)
}
