package winsvc

import (
	"os"
	"strings"
	"syscall"

	"github.com/surefoot-go/surefoot/internal/trust"
	"github.com/surefoot-go/surefoot/internal/wincall"
	"github.com/surefoot-go/surefoot/internal/winsec"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

const logonRight = "SeServiceLogonRight"

// grantLogon grants a user the right to log on as a service. undo revokes it, unless the user had
// the right before.
func grantLogon(account string) (undo func() error, err error) {
	sid, err := wincall.LookupSID(strings.TrimPrefix(account, `.\`))
	if err != nil {
		return nil, err
	}
	granted, err := setLogonRight(sid, true)
	return func() error {
		if !granted {
			return nil
		}
		_, err := setLogonRight(sid, false)
		return err
	}, err
}

// setLogonRight grants or revokes an account's right to log on as a service, and reports whether
// that changed anything.
func setLogonRight(sid *syscall.SID, grant bool) (changed bool, err error) {
	policy, err := openPolicy()
	if err != nil {
		return false, err
	}
	has, err := wincall.LsaHasAccountRight(policy, sid, logonRight)
	right, _ := wincall.NewUnicodeString(logonRight) // can't fail: it has no NUL
	switch {
	case err != nil || has == grant:
	case grant:
		err = wincall.LsaAddAccountRights(policy, sid, right)
	default:
		err = wincall.LsaRemoveAccountRights(policy, sid, right)
	}
	return has != grant, spec.Join(err, wincall.LsaClose(policy))
}

func openPolicy() (syscall.Handle, error) {
	const viewLocal, createAccount, lookupNames = 0x1, 0x10, 0x800 // POLICY_…
	return wincall.LsaOpenPolicy(viewLocal | createAccount | lookupNames)
}

// makeLogDir creates the directory of a service's logs if it does not exist. Only administrators
// and the service's account can create files in it, whereas everyone can create directories in
// %ProgramData%. made reports whether the directory was created.
func makeLogDir(dir, account string) (made bool, err error) {
	sid, err := accountSID(account)
	if err != nil {
		return false, err
	}
	var modify []string
	if sid != winsec.System {
		modify = []string{sid}
	}
	if err := os.MkdirAll(spec.Dir(dir), 0o755); err != nil {
		return false, err
	}
	sddl := winsec.DirSDDL(nil, modify, []string{winsec.Users})
	err = winsec.MakeDir(dir, sddl)
	made = err == nil
	if err == syscall.ERROR_ALREADY_EXISTS {
		if err = handOver(dir, sddl); err == nil {
			err = checkLogDir(dir, sid)
		}
	}
	return made, err
}

// handOver changes the access list of a directory created by makeLogDir to one for the service's
// current account.
func handOver(dir, sddl string) error {
	if winsec.IsDir(dir) != nil {
		return nil // checkLogDir returns the reason
	}
	d, err := winsec.DescriptorOf(dir)
	if err != nil || !d.IsDirSDDL() {
		return err
	}
	return winsec.Protect(dir, sddl)
}

// checkLogDir rejects a directory that an ordinary user created before the service was installed,
// or that others can write to. Such an account could replace it with a link and so redirect the
// writes of a fully privileged service.
func checkLogDir(dir, sid string) error {
	if err := winsec.IsDir(dir); err != nil {
		if err == winsec.ErrNotDir {
			err = spec.Errorf("%w: set Service.LogDir to where it leads, or delete it", err)
		}
		return err
	}
	a, err := winsec.Machine()
	if err != nil {
		return err
	}
	a.Also = append(a.Also, sid)
	err = judge(a, dir, winsec.ForContents)
	if f, ok := err.(*trust.Finding); ok {
		hint := f.Advice
		if f.Fix != "" {
			hint = "look into it, then delete it or run " + f.Fix
		}
		err = spec.Errorf("%w, and the service's output could be led astray: %s", f, hint)
	}
	return err
}

// accountSID returns the SID of an account given in the form that the SCM requires.
func accountSID(account string) (string, error) {
	switch account {
	case "LocalSystem":
		return winsec.System, nil
	case `NT AUTHORITY\LocalService`:
		return winsec.LocalService, nil
	case `NT AUTHORITY\NetworkService`:
		return winsec.NetworkService, nil
	}
	if strings.HasPrefix(account, "S-1-") {
		return account, nil
	}
	sid, err := wincall.LookupSID(strings.TrimPrefix(account, `.\`))
	if err != nil {
		return "", err
	}
	return wincall.SIDText(sid)
}
