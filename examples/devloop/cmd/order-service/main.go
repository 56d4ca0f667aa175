// Order-service keeps the orders. See package service for what it has in common with the others:
// its commands, its configuration, its log.
package main

import (
	"github.com/surefoot-go/surefoot/examples/devloop/internal/orders"
	"github.com/surefoot-go/surefoot/examples/devloop/internal/service"
)

func main() { service.Main(orders.Spec) }
