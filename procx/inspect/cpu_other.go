//go:build !unix && !windows

package inspect

import "errors"

func cpuUsed() (cpuUse, error) { return cpuUse{}, errors.ErrUnsupported }
