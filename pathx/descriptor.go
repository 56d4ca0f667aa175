package pathx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"strconv"
)

// A descriptor is the part of a security descriptor that decides who may write.
type descriptor struct {
	owner  string
	noDACL bool // everybody may do everything
	dacl   []ace
}

type ace struct {
	deny, inherited bool
	mask            accessMask
	sid             string
}

var errDescriptor = errors.New("pathx: the system returned a security descriptor that can't be read")

// parseDescriptor reads a self-relative SECURITY_DESCRIPTOR ([MS-DTYP] 2.4.6).
func parseDescriptor(b []byte) (descriptor, error) {
	const daclPresent, headerSize = 0x0004, 20
	if len(b) < headerSize || b[0] != 1 {
		return descriptor{}, errDescriptor
	}
	control := binary.LittleEndian.Uint16(b[2:])
	owner := binary.LittleEndian.Uint32(b[4:])
	dacl := binary.LittleEndian.Uint32(b[16:])

	var d descriptor
	var ok bool
	if owner < headerSize || uint64(owner) > uint64(len(b)) {
		return descriptor{}, errDescriptor
	}
	if d.owner, ok = parseSID(b[owner:]); !ok {
		return descriptor{}, errDescriptor
	}
	if control&daclPresent == 0 || dacl == 0 {
		d.noDACL = true
		return d, nil
	}
	if dacl < headerSize || uint64(dacl) > uint64(len(b)) {
		return descriptor{}, errDescriptor
	}
	if d.dacl, ok = parseACL(b[dacl:]); !ok {
		return descriptor{}, errDescriptor
	}
	return d, nil
}

// parseACL reads an ACL ([MS-DTYP] 2.4.5) without the entries that are only there to
// be inherited.
func parseACL(b []byte) ([]ace, bool) {
	const headerSize, inheritOnly, inherited = 8, 0x08, 0x10
	if len(b) < headerSize {
		return nil, false
	}
	size, count := int(binary.LittleEndian.Uint16(b[2:])), int(binary.LittleEndian.Uint16(b[4:]))
	if size < headerSize || size > len(b) {
		return nil, false
	}
	var aces []ace
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
			if e.inherited = flags&inherited != 0; e.sid != "" {
				aces = append(aces, e)
			}
		}
		b = b[size:]
	}
	return aces, true
}

// parseACE reads what follows an ACE's header ([MS-DTYP] 2.4.4). A conditional grant
// counts as a grant; a conditional denial counts for nothing, and has no SID then.
func parseACE(kind byte, b []byte) (ace, bool) {
	const allow, deny, allowObject, denyObject, allowIf, denyIf, allowObjectIf, denyObjectIf = 0, 1, 5, 6, 9, 10, 11, 12
	if len(b) < 4 {
		return ace{}, false
	}
	e := ace{mask: accessMask(binary.LittleEndian.Uint32(b)), deny: kind == deny}
	b = b[4:]
	switch kind {
	case allow, deny, allowIf:
	case denyObject, denyIf, denyObjectIf:
		return ace{}, true
	case allowObject, allowObjectIf:
		if len(b) < 4 {
			return ace{}, false
		}
		skip := 4 + 16*bits.OnesCount32(binary.LittleEndian.Uint32(b)&3)
		if len(b) < skip {
			return ace{}, false
		}
		b = b[skip:]
	default:
		return ace{}, false
	}
	var ok bool
	e.sid, ok = parseSID(b)
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
