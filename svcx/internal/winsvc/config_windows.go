package winsvc

import (
	"errors"
	"os"
	"time"
	"unsafe"

	"github.com/surefoot-go/surefoot/svcx/internal/process"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

func queryConfig(service windows.Handle) (*windows.QUERY_SERVICE_CONFIG, error) {
	buf, err := query(func(b *byte, size uint32, need *uint32) error {
		return windows.QueryServiceConfig(service, (*windows.QUERY_SERVICE_CONFIG)(unsafe.Pointer(b)), size, need)
	})
	if err != nil {
		return nil, err
	}
	return (*windows.QUERY_SERVICE_CONFIG)(unsafe.Pointer(&buf[0])), nil
}

// readStart reads when a service is started.
func readStart(service windows.Handle) (spec.StartType, error) {
	c, err := queryConfig(service)
	if err != nil {
		return 0, err
	}
	return delayed(service, startType(c.StartType)), nil
}

func delayed(service windows.Handle, start spec.StartType) spec.StartType {
	buf, err := queryConfig2(service, windows.SERVICE_CONFIG_DELAYED_AUTO_START_INFO)
	if err == nil && start == spec.Automatic && (*windows.SERVICE_DELAYED_AUTO_START_INFO)(buf).IsDelayedAutoStartUp != 0 {
		return spec.DelayedAutomatic
	}
	return start
}

func queryConfig2(service windows.Handle, level uint32) (unsafe.Pointer, error) {
	buf, err := query(func(b *byte, size uint32, need *uint32) error {
		return windows.QueryServiceConfig2(service, level, b, size, need)
	})
	if err != nil {
		return nil, err
	}
	return unsafe.Pointer(&buf[0]), nil
}

// readPlan reads a service. Calls whose setting the system would not tell are
// unknown.
func readPlan(service windows.Handle, name string) (p *plan, unknown map[string]bool, err error) {
	c, err := queryConfig(service)
	if err != nil {
		return nil, nil, err
	}
	p = &plan{
		name:         name,
		display:      windows.UTF16PtrToString(c.DisplayName),
		binaryPath:   windows.UTF16PtrToString(c.BinaryPathName),
		account:      windows.UTF16PtrToString(c.ServiceStartName),
		start:        startType(c.StartType),
		dependencies: splitList(c.Dependencies),
		kind:         c.ServiceType, startNumber: c.StartType, errorControl: c.ErrorControl,
	}
	unknown = map[string]bool{}
	read := func(call string, level uint32, use func(info unsafe.Pointer)) {
		buf, err := queryConfig2(service, level)
		if err != nil {
			unknown[call] = true
			return
		}
		use(buf)
	}
	read(callDescription, windows.SERVICE_CONFIG_DESCRIPTION, func(info unsafe.Pointer) {
		p.description = windows.UTF16PtrToString((*windows.SERVICE_DESCRIPTION)(info).Description)
	})
	read(callDelayed, windows.SERVICE_CONFIG_DELAYED_AUTO_START_INFO, func(info unsafe.Pointer) {
		if p.start == spec.Automatic && (*windows.SERVICE_DELAYED_AUTO_START_INFO)(info).IsDelayedAutoStartUp != 0 {
			p.start = spec.DelayedAutomatic
		}
	})
	read(callActions, windows.SERVICE_CONFIG_FAILURE_ACTIONS, func(info unsafe.Pointer) {
		f := (*windows.SERVICE_FAILURE_ACTIONS)(info)
		p.reset = time.Duration(f.ResetPeriod) * time.Second
		for _, a := range unsafe.Slice(f.Actions, f.ActionsCount) {
			p.actions = append(p.actions, action{a.Type, time.Duration(a.Delay) * time.Millisecond})
		}
	})
	read(callFlag, windows.SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, func(info unsafe.Pointer) {
		p.failureFlag = (*windows.SERVICE_FAILURE_ACTIONS_FLAG)(info).FailureActionsOnNonCrashFailures != 0
	})
	read(callPreshutdown, windows.SERVICE_CONFIG_PRESHUTDOWN_INFO, func(info unsafe.Pointer) {
		p.preshutdown = time.Duration(*(*uint32)(info)) * time.Millisecond
	})
	read(callSID, windows.SERVICE_CONFIG_SERVICE_SID_INFO, func(info unsafe.Pointer) {
		p.sid = map[uint32]spec.SIDType{windows.SERVICE_SID_TYPE_UNRESTRICTED: spec.SIDUnrestricted, windows.SERVICE_SID_TYPE_RESTRICTED: spec.SIDRestricted}[*(*uint32)(info)]
	})
	read(callPrivileges, windows.SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, func(info unsafe.Pointer) {
		p.privileges = splitList(*(**uint16)(info))
	})
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, servicesKey+name, registry.QUERY_VALUE)
	if err != nil {
		unknown[callEnvironment] = true
		return p, unknown, nil
	}
	defer key.Close()
	if p.environment, _, err = key.GetStringsValue("Environment"); err != nil && err != registry.ErrNotExist {
		unknown[callEnvironment] = true
	}
	p.rawDisplay, _, _ = key.GetStringValue("DisplayName")
	p.rawDescription, _, _ = key.GetStringValue("Description")
	return p, unknown, nil
}

// owned returns an error if Install and Uninstall must leave the service alone:
// it is another program's, or a driver.
func (*Backend) owned(service windows.Handle, s *spec.Spec) error {
	c, err := queryConfig(service)
	if err != nil {
		return fail(err)
	}
	line := windows.UTF16PtrToString(c.BinaryPathName)
	const win32 = 0x30 // SERVICE_WIN32_OWN_PROCESS | SERVICE_WIN32_SHARE_PROCESS
	switch {
	case c.ServiceType&win32 == 0:
		return spec.Fail(spec.ErrForeign, errors.New("it is a driver: "+line), "choose another Service.Name")
	case s.Force || isOurs(line, s.Executable, os.Getenv) || marked(s.Name):
		return nil
	}
	return spec.Fail(spec.ErrForeign, errors.New("it runs "+line), "choose another Service.Name, or replace that service by --force")
}

// The mark of a service that Install has registered, so that it may change its
// program later.
const markKey, markName, markValue = `\Parameters`, "RegisteredBy", "svcx"

func marked(name string) bool {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, servicesKey+name+markKey, registry.QUERY_VALUE)
	if err != nil {
		return false
	}
	defer key.Close()
	value, _, err := key.GetStringValue(markName)
	return err == nil && value == markValue
}

// setMark sets the mark, and returns how to take it back.
func setMark(name string) (undo func() error, err error) {
	if marked(name) {
		return nil, nil
	}
	key, existed, err := registry.CreateKey(registry.LOCAL_MACHINE, servicesKey+name+markKey, registry.SET_VALUE)
	if err != nil {
		return nil, err
	}
	defer key.Close()
	undo = func() error {
		if !existed {
			return registry.DeleteKey(registry.LOCAL_MACHINE, servicesKey+name+markKey)
		}
		key, err := registry.OpenKey(registry.LOCAL_MACHINE, servicesKey+name+markKey, registry.SET_VALUE)
		if err != nil {
			return err
		}
		defer key.Close()
		return key.DeleteValue(markName)
	}
	return undo, key.SetStringValue(markName, markValue)
}

// logDir returns the directory of the service's logs.
func logDir(s *spec.Spec) string {
	if s.LogDir != "" {
		return s.LogDir
	}
	return process.DefaultLogDir(spec.SCM, s.Name, false, os.Getenv)
}

// query calls f with a buffer that is large enough.
func query(f func(b *byte, size uint32, need *uint32) error) ([]uint64, error) {
	for size := uint32(1 << 10); ; {
		buf := make([]uint64, size/8+1) // the structures want 8-byte alignment
		size = uint32(len(buf)) * 8
		need := uint32(0)
		err := f((*byte)(unsafe.Pointer(&buf[0])), size, &need)
		if err == windows.ERROR_INSUFFICIENT_BUFFER && need > size {
			size = need
			continue
		}
		return buf, err
	}
}

const servicesKey = `SYSTEM\CurrentControlSet\Services\`

func setEnvironment(p *plan) error {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, servicesKey+p.name, registry.SET_VALUE)
	if err != nil {
		return err
	}
	defer key.Close()
	if len(p.environment) == 0 {
		if err := key.DeleteValue("Environment"); err != registry.ErrNotExist {
			return err
		}
		return nil
	}
	return key.SetStringsValue("Environment", p.environment)
}

// utf16s makes strings for Windows and keeps the first error.
type utf16s struct{ err error }

func (u *utf16s) ptr(s string) *uint16 {
	p, err := windows.UTF16PtrFromString(s)
	if err != nil && u.err == nil {
		u.err = err
	}
	return p
}

// optional is NULL for "".
func (u *utf16s) optional(s string) *uint16 {
	if s == "" {
		return nil
	}
	return u.ptr(s)
}

// list is a double-NUL-terminated list.
func (u *utf16s) list(ss []string) *uint16 {
	var list []uint16
	for _, s := range ss {
		w, err := windows.UTF16FromString(s)
		if err != nil && u.err == nil {
			u.err = err
		}
		list = append(list, w...)
	}
	list = append(list, 0, 0) // an empty list is two, too
	return &list[0]
}

func splitList(p *uint16) (ss []string) {
	if p == nil {
		return nil
	}
	for {
		s := windows.UTF16PtrToString(p)
		if s == "" {
			return ss
		}
		ss = append(ss, s)
		for *p != 0 {
			p = (*uint16)(unsafe.Add(unsafe.Pointer(p), 2))
		}
		p = (*uint16)(unsafe.Add(unsafe.Pointer(p), 2))
	}
}
