package wincall

import (
	"syscall"
	"unsafe"
)

// The types of values that can be read.
const (
	rrfString  = 0x10000006 // RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND
	rrfNumber  = 0x10       // RRF_RT_REG_DWORD
	rrfStrings = 0x20       // RRF_RT_REG_MULTI_SZ
)

// A Value is a value of the registry, below HKEY_LOCAL_MACHINE.
type Value struct{ Key, Name string }

const localMachine = uintptr(syscall.HKEY_LOCAL_MACHINE)

func (v Value) pointers() (key, name *uint16, err error) {
	if key, err = syscall.UTF16PtrFromString(v.Key); err == nil {
		name, err = syscall.UTF16PtrFromString(v.Name)
	}
	return key, name, err
}

func (v Value) read(types uint32) ([]uint16, error) {
	key, name, err := v.pointers()
	if err != nil {
		return nil, err
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
func (v Value) Strings() (list []string, err error) {
	buf, err := v.read(rrfStrings)
	for begin, i := 0, 0; i < len(buf); i++ {
		if buf[i] == 0 {
			if i > begin {
				list = append(list, syscall.UTF16ToString(buf[begin:i]))
			}
			begin = i + 1
		}
	}
	return list, err
}

// Number reads a REG_DWORD.
func (v Value) Number() (uint32, error) {
	buf, err := v.read(rrfNumber)
	if err != nil || len(buf) < 2 {
		return 0, err
	}
	return uint32(buf[0]) | uint32(buf[1])<<16, nil
}

// SetString writes a REG_SZ, and makes the key if there is none.
func (v Value) SetString(text string) error { return v.set(syscall.REG_SZ, text) }

// SetStrings writes a REG_MULTI_SZ.
func (v Value) SetStrings(list []string) error { return v.set(syscall.REG_MULTI_SZ, list...) }

func (v Value) set(kind uint32, list ...string) error {
	key, name, err := v.pointers()
	if err != nil {
		return err
	}
	buf, err := UTF16List(list)
	if err != nil {
		return err
	}
	if kind == syscall.REG_SZ {
		buf = buf[:len(buf)-1]
	}
	return procRegSetKeyValue.number(localMachine, uintptr(unsafe.Pointer(key)), uintptr(unsafe.Pointer(name)), uintptr(kind),
		uintptr(unsafe.Pointer(&buf[0])), uintptr(2*len(buf)))
}

// Delete deletes the value.
func (v Value) Delete() error {
	key, name, err := v.pointers()
	if err != nil {
		return err
	}
	return procRegDeleteKeyValue.number(localMachine, uintptr(unsafe.Pointer(key)), uintptr(unsafe.Pointer(name)))
}

// DeleteKey deletes the key that the value is in.
func (v Value) DeleteKey() error {
	key, _, err := v.pointers()
	if err != nil {
		return err
	}
	return procRegDeleteKey.number(localMachine, uintptr(unsafe.Pointer(key)))
}

// HasKey reports whether there is the key.
func (v Value) HasKey() bool {
	key, _, err := v.pointers()
	if err != nil {
		return false
	}
	var h syscall.Handle
	if syscall.RegOpenKeyEx(syscall.HKEY_LOCAL_MACHINE, key, 0, syscall.KEY_QUERY_VALUE, &h) != nil {
		return false
	}
	syscall.RegCloseKey(h)
	return true
}

// UTF16List returns a list that ends with two NULs.
func UTF16List(list []string) (units []uint16, err error) {
	for _, text := range list {
		u, err := syscall.UTF16FromString(text)
		if err != nil {
			return nil, err
		}
		units = append(units, u...)
	}
	if len(units) == 0 {
		units = append(units, 0) // an empty list has two, too
	}
	return append(units, 0), nil
}

var (
	procRegGetValue       = proc{dll: &advapi32, name: "RegGetValueW"}
	procRegSetKeyValue    = proc{dll: &advapi32, name: "RegSetKeyValueW"}
	procRegDeleteKeyValue = proc{dll: &advapi32, name: "RegDeleteKeyValueW"}
	procRegDeleteKey      = proc{dll: &advapi32, name: "RegDeleteKeyW"}
)
