//go:build race

package e2e

// If the tests have the race detector, so do the services.
func init() { buildFlags = []string{"-race"} }
