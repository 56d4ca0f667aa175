package winsec

// DirSDDL returns the descriptor of a directory of a service or program and its contents: full
// control for SYSTEM and the Administrators, and the listed rights for others. Nothing is inherited
// from above. The accounts are SIDs.
func DirSDDL(full, modify, read []string) string {
	return "D:PAI(A;OICI;FA;;;" + System + ")(A;OICI;FA;;;" + Administrators + ")" + aces("FA", full) + aces("0x1301bf", modify) + aces("0x1200a9", read)
}

func aces(right string, sids []string) (sddl string) {
	for _, sid := range sids {
		sddl += "(A;OICI;" + right + ";;;" + sid + ")"
	}
	return sddl
}

// IsDirSDDL reports whether a directory has a descriptor of DirSDDL, for Users to read and for one
// account, if any, to modify. Such a directory can be given to another account.
func (d *Descriptor) IsDirSDDL() bool {
	if d.NoDACL || d.Owner != System && d.Owner != Administrators {
		return false
	}
	fixed := []ACE{{Mask: 0x1f01ff, SID: System}, {Mask: 0x1f01ff, SID: Administrators}, {Mask: 0x1200a9, SID: Users}}
	for i, e := range d.DACL {
		switch {
		case len(fixed) > 0 && *e == fixed[0]:
			fixed = fixed[1:]
		case i != 2 || len(d.DACL) != 4 || *e != ACE{Mask: 0x1301bf, SID: e.SID}: // the account
			return false
		}
	}
	return len(fixed) == 0
}

// DirSDDLFor returns the descriptor of a directory that only a and the account sid can use.
func (a *Account) DirSDDLFor(sid string) string {
	full, modify := []string(nil), []string(nil)
	if a.SID != System && !a.Elevated && a.SID != sid {
		full = []string{a.SID}
	}
	if sid != System && sid != Administrators {
		modify = []string{sid}
	}
	return DirSDDL(full, modify, nil)
}

// PrivateDirSDDL returns the descriptor of a directory that only a uses, and that all users may
// read if it is not private. The account of an elevated process is not in it: its other processes
// have fewer rights, and a service would have to reject directories created by its installer.
func (a *Account) PrivateDirSDDL(private bool) string {
	var full, read []string
	if a.SID != System && !a.Elevated {
		full = []string{a.SID}
	}
	if !private {
		read = []string{Users}
	}
	return DirSDDL(full, nil, read)
}
