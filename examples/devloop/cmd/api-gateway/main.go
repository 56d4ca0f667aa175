// Api-gateway is the way in to the other services. See package service for what it has in common
// with them: its commands, its configuration, its log.
package main

import (
	"github.com/surefoot-go/surefoot/examples/devloop/internal/gateway"
	"github.com/surefoot-go/surefoot/examples/devloop/internal/service"
)

func main() { service.Main(gateway.Spec) }
