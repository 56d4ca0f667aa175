// None is the service without a manager, from which sizes are measured.
package main

import (
	"context"
	"flag"

	"github.com/surefoot-go/surefoot/internal/bench/services/size"
)

func main() {
	flag.Parse()
	size.Serve(context.Background())
}
