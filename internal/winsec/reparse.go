package winsec

import (
	"encoding/binary"
	"unicode/utf16"
)

const (
	tagMountPoint = 0xA0000003
	tagSymlink    = 0xA000000C

	// nameSurrogate is in the tag of every reparse point that stands for another path. Other
	// reparse points (deduplicated, compressed, cloud and container files) are the file itself.
	nameSurrogate = 0x20000000
)

// A linkKind is the kind of object that a name refers to.
type linkKind uint8

const (
	noLink      linkKind = iota
	linkToPath           // a symbolic link, junction or mounted volume
	linkToMount          // a mount without a path, as used in containers for directories of the host
	linkUnknown          // a link of an undocumented kind
)

// parseReparse reads a REPARSE_DATA_BUFFER ([MS-FSCC] 2.1.2).
func parseReparse(b []byte) (kind linkKind, target string) {
	if len(b) < 4 {
		return linkUnknown, ""
	}
	tag, names := binary.LittleEndian.Uint32(b), 16
	switch {
	case tag == tagMountPoint:
	case tag == tagSymlink:
		names = 20 // symbolic links have a Flags field
	case tag&nameSurrogate == 0:
		return noLink, ""
	default:
		return linkUnknown, ""
	}
	if len(b) < names {
		return linkUnknown, ""
	}
	start := names + int(binary.LittleEndian.Uint16(b[8:]))
	end := start + int(binary.LittleEndian.Uint16(b[10:]))
	if start == end || end > len(b) || (end-start)%2 != 0 {
		return linkUnknown, ""
	}
	units := make([]uint16, (end-start)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[start+2*i:])
	}
	target = string(utf16.Decode(units))
	if root, _, absolute := split(target); absolute && !isVolume(root) {
		return linkToMount, ""
	}
	return linkToPath, target
}

// isVolume reports whether a root returned by split is that of a drive, volume or share.
func isVolume(root string) bool {
	return hasPrefix(root, `\\?\UNC\`) || hasPrefix(root, `\\?\Volume{`) || len(root) == len(`\\?\c:\`) && root[5] == ':'
}
