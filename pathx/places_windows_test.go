package pathx

import (
	"path/filepath"
	"testing"
)

func setPlaces(t *testing.T) (user, system string) {
	t.Helper()
	root := t.TempDir()
	saved := knownFolders()
	t.Cleanup(func() { known.folders = saved })
	f := folders{roaming: filepath.Join(root, "roaming"), local: filepath.Join(root, "local"), programData: filepath.Join(root, "programdata")}
	known.folders = f
	return f.roaming, f.programData
}
