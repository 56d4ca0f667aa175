//go:build aix || (!unix && !windows)

package pathx

import (
	"errors"
	"os"
)

func lockFile(*os.File) error { return errors.ErrUnsupported }
