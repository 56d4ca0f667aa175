// Package service has the API of github.com/kardianos/service that its tests use, on svcx.
package service

import (
	"context"

	"github.com/surefoot-go/surefoot/svcx"
)

type KeyValue map[string]interface{}

type Config struct {
	Name, DisplayName, Description, UserName, Executable, WorkingDirectory string
	Arguments, Dependencies                                                []string
	EnvVars                                                                map[string]string
	Option                                                                 KeyValue
}

type Interface interface {
	Start(Service) error
	Stop(Service) error
}

type Service interface {
	Run() error
	Install() error
	Uninstall() error
	Start() error
	Stop() error
	Restart() error
}

type service struct{ svcx.Service }

func New(i Interface, c *Config) (Service, error) {
	s := &service{svcx.Service{
		Name: c.Name, DisplayName: c.DisplayName, Description: c.Description, Executable: c.Executable, Dir: c.WorkingDirectory,
		Args: c.Arguments, Env: c.EnvVars, Account: c.UserName, DependsOn: c.Dependencies,
	}}
	s.User, _ = c.Option["UserService"].(bool)
	s.Main = func(ctx context.Context) error {
		if err := i.Start(s); err != nil {
			return err
		}
		svcx.Ready(ctx)
		<-ctx.Done()
		return i.Stop(s)
	}
	return s, nil
}

func (s *service) Run() error       { return s.Service.Run(context.Background()) }
func (s *service) Install() error   { return s.Service.Install(context.Background()) }
func (s *service) Uninstall() error { return s.Service.Uninstall(context.Background()) }
func (s *service) Start() error     { return s.Service.Start(context.Background()) }
func (s *service) Stop() error      { return s.Service.Stop(context.Background()) }
func (s *service) Restart() error   { return s.Service.Restart(context.Background()) }
