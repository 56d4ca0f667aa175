//go:build !unix || darwin

package socket

import "errors"

func dial(string, bool) (*Socket, error) { return nil, errors.ErrUnsupported }
