package winsec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
)

// A Descriptor is the part of a security descriptor that determines who may change an object.
type Descriptor struct {
	Owner  string // a SID
	NoDACL bool   // every account has all rights
	DACL   []*ACE // in order, without inherit-only entries
}

// An ACE is one entry of an access control list.
type ACE struct {
	Deny, Inherited bool
	Mask            Mask
	SID             string
}

var errDescriptor = errors.New("the system returned a security descriptor that can't be read")

// Parse reads a self-relative SECURITY_DESCRIPTOR ([MS-DTYP] 2.4.6).
func Parse(b []byte) (*Descriptor, error) {
	const daclPresent, headerSize = 0x0004, 20
	if len(b) < headerSize || b[0] != 1 {
		return nil, errDescriptor
	}
	control := binary.LittleEndian.Uint16(b[2:])
	owner := binary.LittleEndian.Uint32(b[4:])
	dacl := binary.LittleEndian.Uint32(b[16:])

	d := &Descriptor{}
	var ok bool
	if owner < headerSize || uint64(owner) > uint64(len(b)) {
		return nil, errDescriptor
	}
	if d.Owner, ok = parseSID(b[owner:]); !ok {
		return nil, errDescriptor
	}
	if control&daclPresent == 0 || dacl == 0 {
		d.NoDACL = true
		return d, nil
	}
	if dacl < headerSize || uint64(dacl) > uint64(len(b)) {
		return nil, errDescriptor
	}
	if d.DACL, ok = parseACL(b[dacl:]); !ok {
		return nil, errDescriptor
	}
	return d, nil
}

// parseACL parses an ACL ([MS-DTYP] 2.4.5) without inherit-only entries.
func parseACL(b []byte) ([]*ACE, bool) {
	const headerSize, inheritOnly, inherited = 8, 0x08, 0x10
	if len(b) < headerSize {
		return nil, false
	}
	size, count := int(binary.LittleEndian.Uint16(b[2:])), int(binary.LittleEndian.Uint16(b[4:]))
	if size < headerSize || size > len(b) {
		return nil, false
	}
	var aces []*ACE
	for b = b[headerSize:size]; count > 0; count-- {
		if len(b) < 4 {
			return nil, false
		}
		size := int(binary.LittleEndian.Uint16(b[2:]))
		if size < 4 || size > len(b) {
			return nil, false
		}
		if flags := b[1]; flags&inheritOnly == 0 {
			e, ok := parseACE(b[0], b[4:size])
			if !ok {
				return nil, false
			}
			if e != nil {
				e.Inherited = flags&inherited != 0
				aces = append(aces, e)
			}
		}
		b = b[size:]
	}
	return aces, true
}

// parseACE parses the data after an ACE's header ([MS-DTYP] 2.4.4). A conditional grant counts as a
// grant. A conditional denial is ignored: parseACE returns nil for it.
func parseACE(kind byte, b []byte) (*ACE, bool) {
	const allow, deny, allowObject, denyObject, allowIf, denyIf, allowObjectIf, denyObjectIf = 0, 1, 5, 6, 9, 10, 11, 12
	if len(b) < 4 {
		return nil, false
	}
	e := &ACE{Mask: Mask(binary.LittleEndian.Uint32(b)), Deny: kind == deny}
	b = b[4:]
	switch kind {
	case allow, deny, allowIf:
	case denyObject, denyIf, denyObjectIf:
		return nil, true
	case allowObject, allowObjectIf:
		if len(b) < 4 {
			return nil, false
		}
		flags := binary.LittleEndian.Uint32(b)
		skip := int(4 + 16*(flags&1+flags>>1&1)) // a GUID for each
		if len(b) < skip {
			return nil, false
		}
		b = b[skip:]
	default:
		return nil, false
	}
	var ok bool
	e.SID, ok = parseSID(b)
	return e, ok
}

// parseSID returns the text of the SID at the beginning of b ([MS-DTYP] 2.4.2).
func parseSID(b []byte) (string, bool) {
	if len(b) < 8 || b[0] != 1 {
		return "", false
	}
	count := int(b[1])
	if count > 15 || len(b) < 8+4*count {
		return "", false
	}
	authority := binary.BigEndian.Uint64(b[:8]) & (1<<48 - 1)
	s := "S-1-"
	if authority < 1<<32 {
		s += strconv.FormatUint(authority, 10)
	} else {
		s += fmt.Sprintf("0x%012X", authority)
	}
	for i := range count {
		s += "-" + strconv.FormatUint(uint64(binary.LittleEndian.Uint32(b[8+4*i:])), 10)
	}
	return s, true
}
