package pathx

import (
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"github.com/surefoot-go/surefoot/internal/winpath"
)

// driveHint: does the drive exist here, and if not, is it one of the user's mapped
// drives, which the registry has (HKCU\Network)?
func driveHint(path string) string {
	kind, _ := winpath.Volume(path)
	if kind != winpath.Drive {
		return ""
	}
	drives, err := windows.GetLogicalDrives()
	if letter := path[0] | 0x20; err != nil || letter < 'a' || letter > 'z' || drives&(1<<(letter-'a')) != 0 {
		return ""
	}
	share := ""
	if k, err := registry.OpenKey(registry.CURRENT_USER, `Network\`+path[:1], registry.QUERY_VALUE); err == nil {
		share, _, _ = k.GetStringValue("RemotePath")
		k.Close()
	}
	return missingDriveHint(path, share)
}
