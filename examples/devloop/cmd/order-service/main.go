// Order-service stores the orders. See package service for its commands, configuration and log.
package main

import (
	"github.com/surefoot-go/surefoot/examples/devloop/internal/orders"
	"github.com/surefoot-go/surefoot/examples/devloop/internal/service"
)

func main() { service.Main(orders.Spec) }
