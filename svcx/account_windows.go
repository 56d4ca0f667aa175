package svcx

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"github.com/surefoot-go/surefoot/internal/winapi"
	"golang.org/x/sys/windows"
)

const logonRight = "SeServiceLogonRight"

// grantLogon lets a user's account log on as a service, and returns how to take
// that back: not at all, if it could before.
func grantLogon(account string) (undo func() error, err error) {
	sid, _, _, err := windows.LookupSID("", strings.TrimPrefix(account, `.\`))
	if err != nil {
		return nil, err
	}
	undo = func() error { return nil }
	err = withPolicy(func(policy windows.Handle) error {
		has, err := hasRight(policy, sid, logonRight)
		if has || err != nil {
			return err
		}
		right, err := windows.NewNTUnicodeString(logonRight)
		if err != nil {
			return err
		}
		undo = func() error {
			return withPolicy(func(policy windows.Handle) error {
				return winapi.LsaRemoveAccountRights(policy, sid, false, right, 1)
			})
		}
		return winapi.LsaAddAccountRights(policy, sid, right, 1)
	})
	return undo, err
}

func withPolicy(f func(policy windows.Handle) error) error {
	const policyViewLocal, policyCreateAccount, policyLookupNames = 0x1, 0x10, 0x800
	var attributes winapi.LSA_OBJECT_ATTRIBUTES
	attributes.Length = uint32(unsafe.Sizeof(attributes))
	var policy windows.Handle
	if err := winapi.LsaOpenPolicy(nil, &attributes, policyViewLocal|policyCreateAccount|policyLookupNames, &policy); err != nil {
		return err
	}
	err := f(policy)
	return errors.Join(err, winapi.LsaClose(policy))
}

func hasRight(policy windows.Handle, sid *windows.SID, right string) (bool, error) {
	var rights *windows.NTUnicodeString
	var count uint32
	err := winapi.LsaEnumerateAccountRights(policy, sid, &rights, &count)
	if err == windows.STATUS_OBJECT_NAME_NOT_FOUND { // it has none
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer winapi.LsaFreeMemory(unsafe.Pointer(rights))
	for _, r := range unsafe.Slice(rights, count) {
		if r.String() == right {
			return true, nil
		}
	}
	return false, nil
}

// makeLogDir makes the directory of a service's logs, if there is none, so that
// none but administrators and the service's account can plant files in it:
// %ProgramData% lets everyone make directories. made says whether it did.
func makeLogDir(dir, account string) (made bool, err error) {
	sddl := "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FRFX;;;BU)"
	if account != "LocalSystem" {
		who, err := sddlName(account)
		if err != nil {
			return false, err
		}
		sddl += "(A;OICI;0x1301bf;;;" + who + ")" // modify
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return false, err
	}
	sd, err := windows.SecurityDescriptorFromString(sddl)
	if err != nil {
		return false, err
	}
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return false, err
	}
	attributes := &windows.SecurityAttributes{SecurityDescriptor: sd}
	attributes.Length = uint32(unsafe.Sizeof(*attributes))
	switch err := windows.CreateDirectory(name, attributes); err {
	case nil:
		return true, nil
	case windows.ERROR_ALREADY_EXISTS:
		return false, checkLogDir(dir, account)
	default:
		return false, err
	}
}

// checkLogDir refuses a directory that a user has made before the service was
// installed: it is his to turn into a link, and then a service with all rights
// would write where he wants it to.
func checkLogDir(dir, account string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return errors.New("it is a file or a link: set Service.LogDir to where it leads, or delete it")
	}
	owner, trusted, err := winapi.TrustedOwner(dir)
	if err != nil {
		return err
	}
	if !trusted && account != "LocalSystem" {
		name, err := sddlName(account)
		if err != nil {
			return err
		}
		sid, err := windows.StringToSid(name)
		if err != nil {
			return err
		}
		trusted = owner.Equals(sid)
	}
	if !trusted {
		return fmt.Errorf("it belongs to %s, who could lead the service's output astray: look into it, then delete it", owner)
	}
	return nil
}

// sddlName is an account, or its SID, in the language of security descriptors.
func sddlName(account string) (string, error) {
	switch account {
	case `NT AUTHORITY\LocalService`:
		return "LS", nil
	case `NT AUTHORITY\NetworkService`:
		return "NS", nil
	}
	if strings.HasPrefix(account, "S-1-") {
		return account, nil
	}
	sid, _, _, err := windows.LookupSID("", strings.TrimPrefix(account, `.\`))
	if err != nil {
		return "", err
	}
	return sid.String(), nil
}
