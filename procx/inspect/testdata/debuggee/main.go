// Debuggee is what the tests build with various flags and debug.
package main

import "example.com/debuggee/lib"

var n = 21

func double(n int) int {
	twice := 2 * n
	return twice
}

func main() {
	println(double(n), lib.Add(1, n))
}
