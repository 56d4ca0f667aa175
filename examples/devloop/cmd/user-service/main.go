// User-service stores the users. See package service for its commands, configuration and log.
package main

import (
	"github.com/surefoot-go/surefoot/examples/devloop/internal/service"
	"github.com/surefoot-go/surefoot/examples/devloop/internal/users"
)

func main() { service.Main(users.Spec) }
