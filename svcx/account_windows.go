package svcx

import (
	"strings"
	"unsafe"

	"github.com/surefoot-go/surefoot/internal/winapi"
	"golang.org/x/sys/windows"
)

// grantLogon lets a user's account log on as a service. Granting it twice is no
// error.
func grantLogon(account string) error {
	sid, _, _, err := windows.LookupSID("", strings.TrimPrefix(account, `.\`))
	if err != nil {
		return err
	}
	const policyCreateAccount, policyLookupNames = 0x10, 0x800
	var attributes winapi.LSA_OBJECT_ATTRIBUTES
	attributes.Length = uint32(unsafe.Sizeof(attributes))
	var policy windows.Handle
	if err := winapi.LsaOpenPolicy(nil, &attributes, policyCreateAccount|policyLookupNames, &policy); err != nil {
		return err
	}
	defer winapi.LsaClose(policy)
	right, err := windows.NewNTUnicodeString("SeServiceLogonRight")
	if err != nil {
		return err
	}
	return winapi.LsaAddAccountRights(policy, sid, right, 1)
}
