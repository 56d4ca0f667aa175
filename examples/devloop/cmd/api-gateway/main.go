// Api-gateway is the entry point to the other services. See package service for its commands,
// configuration and log.
package main

import (
	"github.com/surefoot-go/surefoot/examples/devloop/internal/gateway"
	"github.com/surefoot-go/surefoot/examples/devloop/internal/service"
)

func main() { service.Main(gateway.Spec) }
