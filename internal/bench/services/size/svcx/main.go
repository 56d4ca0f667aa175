// Svcx is a service with the whole command line of package svcx.
package main

import (
	"github.com/surefoot-go/surefoot/internal/bench/services/size"
	"github.com/surefoot-go/surefoot/svcx"
)

func main() {
	svcx.Main(&svcx.Service{Name: "orders", Main: size.Serve})
}
