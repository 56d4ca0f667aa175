//go:build race

package e2e

// With the race detector in the tests it is in the services, too.
func init() { buildFlags = []string{"-race"} }
