// Dev runs the services of a Go module, and replaces each when its source changes:
//
//	go run github.com/surefoot-go/surefoot/examples/dev@latest
//
// See the README beside this file.
package main

import "github.com/surefoot-go/surefoot/examples/dev/cli"

func main() { cli.Main() }
