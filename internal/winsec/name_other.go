//go:build !windows

package winsec

// accountName knows no accounts: only Windows can look them up.
func accountName(string) string { return "" }
