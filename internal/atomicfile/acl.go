package atomicfile

import (
	"encoding/binary"
	"io/fs"
)

// An acl is a POSIX access control list in the format of Linux's attribute system.posix_acl_access:
// a version, and entries of a tag, permissions and an ID, all in little endian. Nil means that
// there is only a mode. Source: include/uapi/linux/posix_acl_xattr.h.
type acl []byte

const (
	aclVersion  = 2
	aclHeader   = 4
	aclEntry    = 8
	aclGroupObj = 0x04
	aclMask     = 0x10
)

// parseACL returns nil unless b is a list with more information than a mode.
func parseACL(b []byte) acl {
	if len(b) <= aclHeader+3*aclEntry || (len(b)-aclHeader)%aclEntry != 0 || binary.LittleEndian.Uint32(b) != aclVersion {
		return nil
	}
	return b
}

// entries calls f with each entry's tag and the bytes of its permissions.
func (a acl) entries(f func(tag uint16, perm []byte)) {
	for e := a[min(aclHeader, len(a)):]; len(e) >= aclEntry; e = e[aclEntry:] {
		f(binary.LittleEndian.Uint16(e), e[2:4])
	}
}

// group returns the permissions of the owning group as the last three bits of a mode. The group
// bits of the file's mode are the mask instead.
func (a acl) group() fs.FileMode {
	group, mask := uint16(0), uint16(7)
	a.entries(func(tag uint16, perm []byte) {
		switch tag {
		case aclGroupObj:
			group = binary.LittleEndian.Uint16(perm)
		case aclMask:
			mask = binary.LittleEndian.Uint16(perm)
		}
	})
	return fs.FileMode(group & mask & 7)
}

// withGroup returns the list with the owning group's rights limited to the group bits of perm.
func (a acl) withGroup(perm fs.FileMode) acl {
	if a == nil {
		return nil
	}
	b := append(acl(nil), a...)
	b.entries(func(tag uint16, p []byte) {
		if tag == aclGroupObj {
			binary.LittleEndian.PutUint16(p, binary.LittleEndian.Uint16(p)&uint16(perm>>3&7))
		}
	})
	return b
}
