//go:build !linux

package svcx

import "errors"

func sendNotification(socket, message string) error { return errors.ErrUnsupported }

func monotonic() int64 { return 0 }
