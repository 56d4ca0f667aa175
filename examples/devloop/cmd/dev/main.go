// Dev runs the services of this module, as dev.toml says: see examples/dev.
package main

import "github.com/surefoot-go/surefoot/examples/dev/cli"

func main() { cli.Main() }
