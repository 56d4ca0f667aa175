package winapi

import "golang.org/x/sys/windows"

// TrustedOwner returns who owns a file or directory, and whether it is SYSTEM, the
// Administrators or this process's user: nobody who could plant what this process
// is to trust.
func TrustedOwner(path string) (owner *windows.SID, trusted bool, err error) {
	sd, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return nil, false, err
	}
	owner, _, err = sd.Owner()
	if err != nil {
		return nil, false, err
	}
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, false, err
	}
	return owner, owner.IsWellKnown(windows.WinLocalSystemSid) || owner.IsWellKnown(windows.WinBuiltinAdministratorsSid) || owner.Equals(user.User.Sid), nil
}
