// Kardianos is a service with the commands of github.com/kardianos/service.
package main

import (
	"context"
	"flag"
	"fmt"

	"github.com/kardianos/service"
	"github.com/surefoot-go/surefoot/internal/bench/services/size"
)

type program struct{}

func (program) Start(service.Service) error { go size.Serve(context.Background()); return nil }
func (program) Stop(service.Service) error  { return nil }

func main() {
	flag.Parse()
	s, err := service.New(program{}, &service.Config{Name: "orders"})
	if err == nil && flag.NArg() > 0 {
		if flag.Arg(0) == "status" {
			fmt.Println(s.Status())
			return
		}
		err = service.Control(s, flag.Arg(0))
	} else if err == nil {
		err = s.Run()
	}
	if err != nil {
		fmt.Println(err)
	}
}
