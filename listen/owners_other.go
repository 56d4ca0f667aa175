//go:build !linux && !darwin && !windows

package listen

import "errors"

func tcpRows(uint16) ([]row, error) { return nil, errors.ErrUnsupported }

func identify(rows []row) []row { return rows }

func firstOpenPort() int { return 1024 }
