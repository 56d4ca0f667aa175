//go:build unix

package spec

import (
	"io/fs"
	"path/filepath"

	"github.com/surefoot-go/surefoot/internal/atomicfile"
)

func replaceFile(name string, data []byte, perm fs.FileMode) error {
	if err := atomicfile.WriteFresh(filepath.Dir(name), filepath.Base(name), data, perm); err != nil {
		return Errorf("write %s: %w", name, err)
	}
	return nil
}
