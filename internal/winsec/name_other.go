//go:build !windows

package winsec

// accountName returns "": only Windows can look up accounts.
func accountName(string) string { return "" }
