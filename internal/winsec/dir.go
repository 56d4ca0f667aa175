package winsec

// DirSDDL returns the descriptor for a directory of a service or program and its contents: full
// control for SYSTEM and the Administrators, and the listed rights for others. Nothing is inherited
// from the parent. The accounts are SIDs.
func DirSDDL(full, modify, read []string) string {
	return "D:PAI(A;OICI;FA;;;" + System + ")(A;OICI;FA;;;" + Administrators + ")" + aces("FA", full) + aces("0x1301bf", modify) + aces("0x1200a9", read)
}

func aces(right string, sids []string) (sddl string) {
	for _, sid := range sids {
		sddl += "(A;OICI;" + right + ";;;" + sid + ")"
	}
	return sddl
}

// IsDirSDDL reports whether the descriptor matches one made by DirSDDL with Users as readers and at
// most one account with the right to modify. Such a directory can be handed over to another
// account.
func (d *Descriptor) IsDirSDDL() bool {
	n := len(d.DACL)
	return (d.Owner == System || d.Owner == Administrators) && (n == 3 || n == 4 && d.DACL[2].is(0x1301bf, d.DACL[2].SID)) &&
		d.DACL[0].is(0x1f01ff, System) && d.DACL[1].is(0x1f01ff, Administrators) && d.DACL[n-1].is(0x1200a9, Users)
}

// is reports whether an entry grants exactly these rights to sid.
func (e *ACE) is(rights Mask, sid string) bool { return *e == ACE{Mask: rights, SID: sid} }

// DirSDDLFor returns the descriptor for a directory that only a and the account sid can use.
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

// PrivateDirSDDL returns the descriptor for a directory that only a uses, and that all users may
// read if private is false. It does not grant rights to the account of an elevated process: the
// account's other processes have fewer rights, and a service would have to reject directories
// created by its installer.
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
