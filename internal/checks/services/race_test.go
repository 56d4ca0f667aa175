//go:build race

package e2e

// Where the tests have the race detector, the services have it, too.
func init() { buildFlags = []string{"-race"} }
