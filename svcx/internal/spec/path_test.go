package spec

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDir(t *testing.T) {
	for _, path := range []string{"/orders", "/usr/bin/orders", `C:\orders.exe`, `C:\Program Files\orders\orders.exe`, `\\server\share\orders.exe`,
		`\\server\share\bin\orders.exe`, `\\?\C:\bin\orders.exe`, "/var/log/orders/"} {
		if filepath.IsAbs(path) {
			assert.Equal(t, filepath.Dir(path), Dir(path), path)
			assert.Equal(t, filepath.Join(path, "x"), filepath.Clean(Within(path, "x")))
		}
	}
}
