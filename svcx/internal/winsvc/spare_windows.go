package winsvc

import (
	"errors"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// MakeSpareLogDir makes the directory that a service logs to whose own fails, for its
// account alone. Everyone can make directories in the temporary directory, and this
// one before the service: one that exists must be its own. This is not the check of
// package winsec, which would be a quarter of what Run adds to a program.
func (*Program) MakeSpareLogDir(name string) (string, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return "", err
	}
	dir, sid := os.TempDir()+`\`+name, user.User.Sid
	who := sid.String()
	sd, err := windows.SecurityDescriptorFromString("O:" + who + "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;" + who + ")")
	if err != nil {
		return "", err
	}
	p, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return "", err
	}
	attributes := &windows.SecurityAttributes{SecurityDescriptor: sd}
	attributes.Length = uint32(unsafe.Sizeof(*attributes))
	if err := windows.CreateDirectory(p, attributes); err != windows.ERROR_ALREADY_EXISTS {
		return dir, err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		return "", errors.New("it is a file or a link")
	}
	if sd, err = windows.GetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION); err != nil {
		return "", err
	}
	owner, _, err := sd.Owner()
	if err == nil && !owner.Equals(sid) {
		err = errors.New("it belongs to another account")
	}
	return dir, err
}
