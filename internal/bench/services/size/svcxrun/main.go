// Svcxrun is a service by svcx.Run alone.
package main

import (
	"context"
	"fmt"

	"github.com/surefoot-go/surefoot/internal/bench/services/size"
	"github.com/surefoot-go/surefoot/svcx"
)

func main() {
	fmt.Println(svcx.Run(context.Background(), "orders", size.Serve))
}
