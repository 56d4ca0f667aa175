// Package lib is a package besides main.
package lib

// Add is small enough to be inlined.
func Add(a, b int) int {
	sum := a + b
	return sum
}
