// User-service keeps the users. See package service for what it has in common with the others: its
// commands, its configuration, its log.
package main

import (
	"github.com/surefoot-go/surefoot/examples/devloop/internal/service"
	"github.com/surefoot-go/surefoot/examples/devloop/internal/users"
)

func main() { service.Main(users.Spec) }
