package page

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// fake is a supervisor of services that are only on paper: orders change what its
// Status says.
type fake struct {
	mu       sync.Mutex
	services []Service
	refuse   error    // what orders get, if not nil
	orders   []string // "stop users"
	asked    int      // how many times for the status
}

// newFake has three healthy services.
func newFake() *fake {
	f := new(fake)
	for i, name := range []string{"user-service", "order-service", "api-gateway"} {
		f.services = append(f.services, Service{
			Name: name, URL: fmt.Sprintf("http://localhost:%d", 8081+i),
			State: Healthy, PID: 4000 + i, Since: time.Now().Add(-90 * time.Second),
			Build:      Build{OK: true, At: time.Now(), Took: 840 * time.Millisecond},
			Goroutines: []int{12, 12, 13, 12}, Log: []string{"serving " + name},
		})
	}
	return f
}

func (f *fake) Status() Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	services := slices.Clone(f.services)
	for i := range services {
		services[i].Log = slices.Clone(services[i].Log)
	}
	return Status{Time: time.Now(), Services: services}
}

// change changes one service.
func (f *fake) change(name string, change func(s *Service)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.services {
		if f.services[i].Name == name {
			change(&f.services[i])
		}
	}
}

func (f *fake) order(order, name string, change func(s *Service)) error {
	f.mu.Lock()
	f.orders = append(f.orders, order+" "+name)
	err := f.refuse
	f.mu.Unlock()
	if err == nil {
		f.change(name, change)
	}
	return err
}

func (f *fake) Start(name string) error {
	return f.order("start", name, func(s *Service) { s.State, s.Reason, s.PID = Healthy, "", 5000 })
}

func (f *fake) Stop(name string) error {
	return f.order("stop", name, func(s *Service) { s.State, s.Reason, s.PID = Stopped, "from the page", 0 })
}

func (f *fake) Reload(name string) error {
	return f.order("reload", name, func(s *Service) { s.Reloads++ })
}

func (f *fake) given() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.orders)
}

func (f *fake) refuseOrders(reason string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuse = errors.New(reason)
}
