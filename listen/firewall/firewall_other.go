//go:build !windows

package firewall

import (
	"context"
	"runtime"
)

const errNoFirewall = unsupported(runtime.GOOS + " has no Windows Firewall")

func readPolicy(context.Context) (registryPolicy, error) { return registryPolicy{}, errNoFirewall }

func realPath(path string) string { return path }

func elevated() bool { return false }

func netsh(context.Context, []string) (output string, err error) { return "", errNoFirewall }
