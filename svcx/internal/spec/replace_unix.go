//go:build unix

package spec

import (
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/surefoot-go/surefoot/internal/atomicfile"
)

func replaceFile(name string, data []byte, perm fs.FileMode) error {
	if err := atomicfile.WriteFresh(filepath.Dir(name), filepath.Base(name), data, perm); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
