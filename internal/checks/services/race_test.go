//go:build race

package e2e

// If the tests use the race detector, so do the services.
func init() { buildFlags = []string{"-race"} }
