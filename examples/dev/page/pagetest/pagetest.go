// Package pagetest has a supervisor for tests of the status page.
package pagetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/surefoot-go/surefoot/examples/dev/page"
)

// Fake is a page.Control: a supervisor of services that are only on paper: orders change what its
// Status says.
type Fake struct {
	mu       sync.Mutex
	notice   string
	services []page.Service
	refuse   error    // what orders get, if not nil
	orders   []string // "stop users"
	asked    int      // how many times for the status
}

// New has three healthy services.
func New() *Fake {
	f := new(Fake)
	for i, name := range []string{"user-service", "order-service", "api-gateway"} {
		f.services = append(f.services, page.Service{
			Name: name, URL: fmt.Sprintf("http://localhost:%d", 8081+i),
			State: page.Healthy, PID: 4000 + i, Since: time.Now().Add(-90 * time.Second),
			Build:  page.Build{OK: true, At: time.Now(), Took: 840 * time.Millisecond},
			Memory: []int64{12 << 20, 13 << 20, 12 << 20}, Requests: []int{0, 30, 12}, Log: []string{"serving " + name},
		})
	}
	return f
}

func (f *Fake) Status() page.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	services := slices.Clone(f.services)
	for i := range services {
		services[i].Log = slices.Clone(services[i].Log)
	}
	return page.Status{Time: time.Now(), Notice: f.notice, Services: services}
}

// Notice sets the message about dev as a whole.
func (f *Fake) Notice(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.notice = text
}

// Change changes one service.
func (f *Fake) Change(name string, change func(s *page.Service)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.services {
		if f.services[i].Name == name {
			change(&f.services[i])
		}
	}
}

func (f *Fake) order(order, name string, change func(s *page.Service)) error {
	f.mu.Lock()
	f.orders = append(f.orders, order+" "+name)
	err := f.refuse
	f.mu.Unlock()
	if err == nil {
		f.Change(name, change)
	}
	return err
}

func (f *Fake) Start(name string) error {
	return f.order("start", name, func(s *page.Service) { s.State, s.Reason, s.PID = page.Healthy, "", 5000 })
}

func (f *Fake) Stop(name string) error {
	return f.order("stop", name, func(s *page.Service) { s.State, s.Reason, s.PID = page.Stopped, "from the page", 0 })
}

func (f *Fake) Reload(name string) error {
	return f.order("reload", name, func(s *page.Service) { s.Reloads++ })
}

// Given returns the orders so far: "stop users".
func (f *Fake) Given() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.orders)
}

// Refuse makes all further orders fail for that reason.
func (f *Fake) Refuse(reason string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuse = errors.New(reason)
}

// Asked returns how many times the status was asked for.
func (f *Fake) Asked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked
}
