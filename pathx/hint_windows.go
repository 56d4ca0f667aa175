package pathx

import (
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// driveHint: does the drive exist here, and if not, is it one of the user's mapped
// drives, which the registry has (HKCU\Network)?
func driveHint(path string) string {
	kind, _ := lexVolume(path)
	if kind != drive {
		return ""
	}
	drives, err := windows.GetLogicalDrives()
	if letter := lower(path[0]); err != nil || !isLetter(letter) || drives&(1<<(letter-'a')) != 0 {
		return ""
	}
	share := ""
	if k, err := registry.OpenKey(registry.CURRENT_USER, `Network\`+path[:1], registry.QUERY_VALUE); err == nil {
		share, _, _ = k.GetStringValue("RemotePath")
		k.Close()
	}
	return missingDriveHint(path, share)
}
