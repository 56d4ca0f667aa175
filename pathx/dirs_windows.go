package pathx

import (
	"errors"
	"os"
	"strings"
	"sync"

	"golang.org/x/sys/windows/registry"

	"github.com/surefoot-go/surefoot/internal/winpath"
	"github.com/surefoot-go/surefoot/internal/winsec"
)

func eachConfigDir(app string, visit func(configDir)) { knownFolders().configDirs(visit) }

func dirsOf(app string) (Dirs, error) { return knownFolders().dirs(app) }

// knownFolders reads the folders from the registry, where shell32 has them from.
func knownFolders() folders {
	known.once.Do(func() { known.folders = readFolders() })
	return known.folders
}

var known struct {
	once    sync.Once
	folders folders
}

func readFolders() folders {
	var f folders
	p, err := winsec.Current()
	if err != nil {
		f.userErr = err
	}
	f.service = winsec.ServiceAccount(p.SID)
	const userFolders = `Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders`
	if f.service == "" && err == nil {
		var err1, err2 error
		f.roaming, err1 = readFolder(registry.CURRENT_USER, userFolders, "AppData")
		f.local, err2 = readFolder(registry.CURRENT_USER, userFolders, "Local AppData")
		f.userErr = errors.Join(err1, err2)
	}
	f.programData, f.machineErr = readFolder(registry.LOCAL_MACHINE, `SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList`, "ProgramData")
	return f
}

func readFolder(root registry.Key, key, name string) (string, error) {
	k, err := registry.OpenKey(root, key, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if err != nil {
		return "", &os.PathError{Op: "open registry key", Path: key, Err: err}
	}
	defer k.Close()
	value, _, err := k.GetStringValue(name)
	if err == nil {
		value, err = registry.ExpandString(value)
	}
	if err != nil {
		return "", &os.PathError{Op: "read registry value", Path: key + `\` + name, Err: err}
	}
	if kind, _ := winpath.Volume(value); kind != winpath.Drive && kind != winpath.UNC {
		return "", &os.PathError{Op: "read registry value", Path: key + `\` + name, Err: errors.New("not an absolute path: " + value)}
	}
	return strings.TrimRight(value, `\`), nil
}
