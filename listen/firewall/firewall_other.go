//go:build !windows

package firewall

import (
	"context"
	"errors"
	"fmt"
	"runtime"
)

var errNoFirewall = fmt.Errorf("firewall: %s has no Windows Firewall: %w", runtime.GOOS, errors.ErrUnsupported)

func readPolicy(context.Context) (registryPolicy, error) { return registryPolicy{}, errNoFirewall }

func realPath(path string) string { return path }

func elevated() bool { return false }

func netsh(context.Context, []string) (output string, err error) { return "", errNoFirewall }
