package svcx

import (
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"
)

// checkTrust refuses a program that users could replace: they may write to it
// or to its directory.
func checkTrust(exe string) error {
	for _, path := range [...]string{exe, filepath.Dir(exe)} {
		sd, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
		if err != nil {
			return err
		}
		list, err := entries(sd)
		if err != nil {
			return err
		}
		if who := broadWriter(list); who != "" {
			return untrusted(path, who, `icacls "`+path+`" /inheritance:d /remove:g "`+who+`"`)
		}
	}
	return nil
}

// entries returns the access-allowed entries of a list. No list at all allows
// everyone everything.
func entries(sd *windows.SECURITY_DESCRIPTOR) (list []entry, err error) {
	acl, _, err := sd.DACL()
	if err == windows.ERROR_OBJECT_NOT_FOUND || err == nil && acl == nil {
		return []entry{{sid: "S-1-1-0", mask: windows.GENERIC_ALL}}, nil
	}
	if err != nil {
		return nil, err
	}
	for i := range uint32(acl.AceCount) {
		var ace *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(acl, i, &ace); err != nil {
			return nil, err
		}
		if ace.Header.AceType != windows.ACCESS_ALLOWED_ACE_TYPE {
			continue
		}
		sid := (*windows.SID)(unsafe.Pointer(&ace.SidStart))
		list = append(list, entry{sid.String(), uint32(ace.Mask), ace.Header.AceFlags&windows.INHERIT_ONLY_ACE != 0})
	}
	return list, nil
}
