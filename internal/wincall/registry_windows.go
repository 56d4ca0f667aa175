package wincall

import (
	"syscall"
	"unsafe"
)

// Flags for RegGetValue: the types of values to read.
const (
	rrfString  = 0x10000006 // RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND
	rrfNumber  = 0x10       // RRF_RT_REG_DWORD
	rrfStrings = 0x20       // RRF_RT_REG_MULTI_SZ
)

// A Value names a registry value below HKEY_LOCAL_MACHINE.
type Value struct{ Key, Name string }

const localMachine = uintptr(syscall.HKEY_LOCAL_MACHINE)

func (v Value) read(types uint32) ([]uint16, error) {
	u := UTF16{}
	key, name := u.Ptr(v.Key), u.Ptr(v.Name)
	if u.Err != nil {
		return nil, u.Err
	}
	for size := uint32(256); ; {
		buf := make([]uint16, size/2+1)
		err := procRegGetValue.number(localMachine, uintptr(unsafe.Pointer(key)), uintptr(unsafe.Pointer(name)), uintptr(types), 0,
			uintptr(unsafe.Pointer(&buf[0])), uintptr(unsafe.Pointer(&size)))
		switch err {
		case nil:
			return buf[:size/2], nil
		case syscall.ERROR_MORE_DATA:
		default:
			return nil, err
		}
	}
}

// String reads a REG_SZ or REG_EXPAND_SZ.
func (v Value) String() (string, error) {
	buf, err := v.read(rrfString)
	return syscall.UTF16ToString(buf), err
}

// Strings reads a REG_MULTI_SZ.
func (v Value) Strings() ([]string, error) {
	buf, err := v.read(rrfStrings) // RegGetValue guarantees the terminating NULs
	return Strings(unsafe.SliceData(buf)), err
}

// Number reads a REG_DWORD.
func (v Value) Number() (uint32, error) {
	buf, err := v.read(rrfNumber)
	if err != nil || len(buf) < 2 {
		return 0, err
	}
	return uint32(buf[0]) | uint32(buf[1])<<16, nil
}

// SetString writes a REG_SZ, and creates the key if it does not exist.
func (v Value) SetString(text string) error {
	return v.set(syscall.REG_SZ, []string{text}, 1)
}

// SetStrings writes a REG_MULTI_SZ.
func (v Value) SetStrings(list []string) error { return v.set(syscall.REG_MULTI_SZ, list, 0) }

// set writes a list, leaving out its last UTF-16 units; without is their number.
func (v Value) set(kind uint32, list []string, without int) error {
	u := UTF16{}
	key, name, data := u.Ptr(v.Key), u.Ptr(v.Name), u.units(list)
	if u.Err != nil {
		return u.Err
	}
	return procRegSetKeyValue.number(localMachine, uintptr(unsafe.Pointer(key)), uintptr(unsafe.Pointer(name)), uintptr(kind),
		uintptr(unsafe.Pointer(&data[0])), uintptr(2*(len(data)-without)))
}

// Delete deletes the value.
func (v Value) Delete() error {
	u := UTF16{}
	key, name := u.Ptr(v.Key), u.Ptr(v.Name)
	if u.Err != nil {
		return u.Err
	}
	return procRegDeleteKeyValue.number(localMachine, uintptr(unsafe.Pointer(key)), uintptr(unsafe.Pointer(name)))
}

// DeleteKey deletes the key that contains the value.
func (v Value) DeleteKey() error {
	u := UTF16{}
	key := u.Ptr(v.Key)
	if u.Err != nil {
		return u.Err
	}
	return procRegDeleteKey.number(localMachine, uintptr(unsafe.Pointer(key)))
}

// HasKey reports whether the key exists.
func (v Value) HasKey() bool {
	u := UTF16{}
	key := u.Ptr(v.Key)
	var h syscall.Handle
	if u.Err != nil || syscall.RegOpenKeyEx(syscall.HKEY_LOCAL_MACHINE, key, 0, syscall.KEY_QUERY_VALUE, &h) != nil {
		return false
	}
	syscall.RegCloseKey(h)
	return true
}

var (
	procRegGetValue       = proc{dll: &advapi32, name: "RegGetValueW"}
	procRegSetKeyValue    = proc{dll: &advapi32, name: "RegSetKeyValueW"}
	procRegDeleteKeyValue = proc{dll: &advapi32, name: "RegDeleteKeyValueW"}
	procRegDeleteKey      = proc{dll: &advapi32, name: "RegDeleteKeyW"}
)
