//go:build !linux

package main

import "context"

func bootSystemd(context.Context, string) (host, func() error, error) {
	return nil, nil, skip("needs Linux")
}
